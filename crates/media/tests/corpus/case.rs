//! A file, and what has to become of it.

use tola_media::{MAX_UPLOAD_BYTES, SourceFormat};

use crate::files::{CORNERS, SIZE};

/// One file of the corpus.
pub(crate) struct Case {
    pub(crate) family: &'static str,
    what: String,
    file: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
    pub(crate) end: End,
}

/// What has to become of a file.
pub(crate) enum End {
    Ready(Ready),
    Rejected(Rejected),
    /// Not a file, but something that must not go unnoticed.
    Noticed(Planted),
}

/// A picture that is shown.
pub(crate) struct Ready {
    pub(crate) format: SourceFormat,
    /// As a viewer shows it.
    pub(crate) size: (u32, u32),
    /// The colours of its quarters, from the top left in the order of reading.
    pub(crate) corners: [[u8; 4]; 4],
}

/// A file that is refused.
pub(crate) struct Rejected {
    pub(crate) code: &'static str,
    /// A part of what the merchant is told.
    pub(crate) says: &'static str,
}

/// What goes wrong on purpose, to see that it would be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// More memory than a file may take.
    Memory,
    /// More time than a file may take, in which it works.
    Work,
    /// More time than a file may take, in which it waits.
    Waiting,
    /// A panic.
    Panic,
    /// Another answer than the expected one.
    Answer,
}

/// A file that is shown as the standard picture is, unless said otherwise.
pub(crate) fn ready(
    what: impl Into<String>,
    format: SourceFormat,
    file: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Case {
    Case::new(what, file, End::Ready(Ready { format, size: SIZE, corners: CORNERS }))
}

/// A file that is refused with this code, and told this among other things.
pub(crate) fn rejected(
    what: impl Into<String>,
    code: &'static str,
    says: &'static str,
    file: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Case {
    Case::new(what, file, End::Rejected(Rejected { code, says }))
}

/// Something that must not go unnoticed.
pub(crate) fn noticed(what: impl Into<String>, planted: Planted) -> Case {
    Case::new(what, crate::files::jpeg::standard, End::Noticed(planted))
}

impl Case {
    fn new(what: impl Into<String>, file: impl Fn() -> Vec<u8> + Send + Sync + 'static, end: End) -> Self {
        Self { family: "", what: what.into(), file: Box::new(file), end }
    }

    pub(crate) fn of(self, family: &'static str) -> Self {
        Self { family, ..self }
    }

    /// Family and file.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.family, self.what.replace(' ', "-"))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        (self.file)()
    }

    /// Shown in this size.
    pub(crate) fn sized(mut self, width: u32, height: u32) -> Self {
        if let End::Ready(ready) = &mut self.end {
            ready.size = (width, height);
        }
        self
    }

    /// Shown with these colours in its quarters.
    pub(crate) fn showing(mut self, corners: [[u8; 4]; 4]) -> Self {
        if let End::Ready(ready) = &mut self.end {
            ready.corners = corners;
        }
        self
    }

    /// Shown in one colour.
    pub(crate) fn plain(self, red: u8, green: u8, blue: u8) -> Self {
        self.showing([[red, green, blue, 255]; 4])
    }
}

/// Bytes up to the most that may be uploaded.
pub(crate) fn filled_up(mut bytes: Vec<u8>, more: usize) -> Vec<u8> {
    bytes.resize(MAX_UPLOAD_BYTES as usize + more, 0);
    bytes
}
