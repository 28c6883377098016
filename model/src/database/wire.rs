//! MongoDB's wire protocol, as far as a driver needs it: `OP_MSG`, and the greeting by which every connection begins.

use std::io::{Cursor, Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use mongodb::bson::{Bson, Document};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use super::Database;
use crate::gate::{Gate, Passage};

const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;
const HEADER: usize = 16;

/// A socket on which the database answers. All that it is asked there goes through one gate.
pub(crate) struct Socket {
    path: PathBuf,
    accepting: JoinHandle<()>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Socket {
    /// Opens a socket at a path.
    pub(crate) fn open(path: &Path, database: &Database, gate: &Gate) -> Result<Self> {
        let listener = UnixListener::bind(path)?;
        let (database, gate) = (database.clone(), gate.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (database, gate) = (database.clone(), gate.clone());
                // A driver that goes away ends its connection.
                tokio::spawn(async move { drop(serve(stream, database, gate).await) });
            }
        });
        Ok(Self { path: path.to_owned(), accepting })
    }

    /// The connection string for the driver, which repeats nothing by itself.
    pub(crate) fn uri(&self) -> String {
        let path = self.path.display().to_string().replace('/', "%2F");
        format!("mongodb://{path}/?directConnection=true&retryWrites=false&retryReads=false")
    }
}

async fn serve(mut stream: UnixStream, database: Database, gate: Gate) -> Result<()> {
    let mut message = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await?;
        let (length, id, code) = (int(&header, 0)?, int(&header, 4)?, int(&header, 12)?);
        let length =
            usize::try_from(length).ok().and_then(|length| length.checked_sub(HEADER)).ok_or_else(malformed)?;
        message.resize(length, 0);
        stream.read_exact(&mut message).await?;
        let command = if code == OP_MSG { command(&message)? } else { query(&message)? };
        let passage = if is_of_the_driver(&command) { Some(Passage::Safe) } else { gate.cross().await };
        let answer = match passage {
            Some(Passage::Safe) => database.answer(&command),
            Some(Passage::OneWay) => {
                let _ = database.answer(&command);
                gate.crossed();
                return until_left(stream).await;
            }
            None => return until_left(stream).await,
        };
        stream.write_all(&reply(id, code, &answer)?).await?;
    }
}

/// Says nothing until the driver goes away. A connection that is closed before tells it that the server may be down, and it
/// asks nobody for half a second.
async fn until_left(mut stream: UnixStream) -> Result<()> {
    while stream.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}

/// What the driver asks for itself, in no particular order.
fn is_of_the_driver(command: &Document) -> bool {
    let own = ["hello", "isMaster", "ismaster", "ping", "endSessions", "listIndexes", "createIndexes"];
    command.keys().next().is_none_or(|name| own.contains(&name.as_str()))
}

/// The command in an `OP_MSG`: a document, and lists that belong into it.
fn command(message: &[u8]) -> Result<Document> {
    let (mut command, mut lists) = (Document::new(), Vec::new());
    let mut rest = message.get(4..).ok_or_else(malformed)?;
    while let Some((kind, section)) = rest.split_first() {
        match kind {
            0 => {
                let mut cursor = Cursor::new(section);
                command = document(&mut cursor)?;
                rest = &section[usize::try_from(cursor.position()).unwrap_or(section.len())..];
            }
            1 => {
                let length = usize::try_from(int(section, 0)?).map_err(|_| malformed())?;
                let (list, after) = section.split_at_checked(length).ok_or_else(malformed)?;
                let name_ends = 4 + list[4..].iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
                let name = String::from_utf8_lossy(&list[4..name_ends]).into_owned();
                let mut cursor = Cursor::new(&list[name_ends + 1..]);
                let mut documents = Vec::new();
                while usize::try_from(cursor.position()).is_ok_and(|position| position < cursor.get_ref().len()) {
                    documents.push(Bson::Document(document(&mut cursor)?));
                }
                lists.push((name, Bson::Array(documents)));
                rest = after;
            }
            _ => return Err(malformed()),
        }
    }
    command.extend(lists);
    Ok(command)
}

/// The command in an `OP_QUERY`, which is a greeting: after flags, a name, and two numbers.
fn query(message: &[u8]) -> Result<Document> {
    let name = message.get(4..).and_then(|rest| rest.iter().position(|byte| *byte == 0)).ok_or_else(malformed)?;
    document(&mut Cursor::new(message.get(4 + name + 1 + 8..).ok_or_else(malformed)?))
}

fn reply(to: i32, code: i32, answer: &Document) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if code == OP_QUERY {
        // Flags, cursor, where it starts, and how many documents.
        body.extend([0; 16]);
        body.extend(1_i32.to_le_bytes());
    } else {
        body.extend([0; 5]);
    }
    answer.to_writer(&mut body).map_err(Error::other)?;
    let length = i32::try_from(HEADER + body.len()).map_err(Error::other)?;
    let kind = if code == OP_QUERY { OP_REPLY } else { OP_MSG };
    let mut message: Vec<u8> = [length, 0, to, kind].into_iter().flat_map(i32::to_le_bytes).collect();
    message.extend(body);
    Ok(message)
}

fn document(bytes: &mut Cursor<&[u8]>) -> Result<Document> {
    Document::from_reader(bytes).map_err(Error::other)
}

fn int(bytes: &[u8], at: usize) -> Result<i32> {
    let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).ok_or_else(malformed)?;
    Ok(i32::from_le_bytes(bytes))
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "not a message of a driver")
}
