//! Takes the two files of Swagger UI that its page needs out of the archive of all of it, compressed as they are there.
//! They become part of the function, so that the page needs nobody else's server.

use std::borrow::Cow;
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{CompressionMethod, ZipArchive};

const FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo says so where a build script writes")]
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo gives OUT_DIR")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let names: Vec<String> = archive.file_names().flatten().map(Cow::into_owned).collect();
    for file in FILES {
        let ending = format!("/dist/{file}");
        let name = names.iter().find(|name| name.ends_with(&ending)).ok_or_else(|| format!("{file} is not there"))?;
        let index = archive.index_for_name(name).ok_or("a name without a file")?;
        fs::write(Path::new(&folder).join(format!("{file}.gz")), gzip(&mut archive, index)?)?;
    }
    Ok(())
}

/// A file of the archive as a gzip file (RFC 1952): both hold the same stream, between other ends.
fn gzip(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = archive.by_index_raw(index)?;
    if file.compression() != CompressionMethod::Deflated {
        return Err("the archive is not compressed as expected".into());
    }
    let (checksum, size) = (file.crc32(), u32::try_from(file.size())?);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    file.read_to_end(&mut bytes)?;
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    Ok(bytes)
}
