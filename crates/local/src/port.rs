//! Free ports, and who sits on the taken ones.

use std::net::{Ipv4Addr, TcpListener};

use crate::{Error, Result};

/// Returns `N` different ports of 127.0.0.1 that were free a moment ago.
///
/// # Errors
/// When the machine has none left.
pub fn free<const N: usize>() -> Result<[u16; N]> {
    let path = std::path::Path::new("127.0.0.1:0");
    // All are held until the last one is chosen, so that no port is given twice.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|source| Error::File { path: path.into(), source })?;
        *port = listener.local_addr().map_err(|source| Error::File { path: path.into(), source })?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Checks that nobody listens on `port`; `flag` is how the user chooses another.
///
/// # Errors
/// [`Error::PortTaken`], with the owner's name where the system tells it.
pub fn ensure_free(port: u16, flag: &'static str) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(Error::PortTaken { port, owner: "the system (it needs more rights)".into(), flag })
        }
        Err(_) => {
            let owner = owner(port).unwrap_or_else(|| "another program".into());
            Err(Error::PortTaken { port, owner, flag })
        }
    }
}

/// The program that listens on `port`, as `name (pid 123)`. Linux tells; elsewhere this is `None`.
fn owner(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .find_map(|table| listening_inode(&table, port).map(str::to_owned))?;
    let socket = format!("socket:[{inode}]");
    let pid = std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| holds(*pid, &socket))?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(format!("{} (pid {pid})", name.trim()))
}

/// Finds the socket that listens on `port` in the text of `/proc/net/tcp`.
fn listening_inode(table: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local = u16::from_str_radix(fields.get(1)?.rsplit(':').next()?, 16).ok()?;
        (local == port && *fields.get(3)? == LISTEN).then_some(*fields.get(9)?)
    })
}

fn holds(pid: u32, socket: &str) -> bool {
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|link| link.as_os_str() == socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_its_owner_and_the_flag() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();

        let message = ensure_free(port, "--port").unwrap_err().to_string();

        assert!(message.contains(&format!("port {port} is taken by")), "{message}");
        assert!(message.contains("--port"), "{message}");
        if cfg!(target_os = "linux") {
            assert!(message.contains(&format!("pid {}", std::process::id())), "{message}");
        }
    }

    #[test]
    fn a_free_port_is_free_and_no_port_comes_twice() {
        let [first, second] = free::<2>().unwrap();

        assert_ne!(first, second);
        ensure_free(first, "--port").unwrap();
    }

    #[test]
    fn only_listening_sockets_count() {
        let table = "  sl  local_address rem_address   st tx rx tr tm retr uid timeout inode\n\
                     0: 0100007F:11D6 0100007F:9999 01 0:0 0:0 0 0 0 111 1\n\
                     1: 00000000:11D6 00000000:0000 0A 0:0 0:0 0 0 0 222 1\n";

        assert_eq!(listening_inode(table, 4566), Some("222"));
        assert_eq!(listening_inode(table, 4567), None);
    }
}
