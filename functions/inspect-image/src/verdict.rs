//! From what pixels say to what the domain records.

use tola_catalog::image::UploadedFile;
use tola_catalog::{Problem, ProblemClass, code};
use tola_media::{Inspected, Rejection};

/// What the domain records of a usable file.
pub fn uploaded_file(found: &Inspected) -> UploadedFile {
    UploadedFile {
        content_type: found.format.content_type().to_owned(),
        width: found.width,
        height: found.height,
        bytes: found.byte_length,
    }
}

/// What the domain records of a file that can't be used: the sentence for the merchant, with the code's remedy.
pub fn rejection(found: &Rejection) -> Problem {
    let code = code::named(found.code).unwrap_or(code::IMAGE_CORRUPT);
    Problem::new(ProblemClass::Validation, code, found.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_that_pixels_give_is_a_code_of_the_domain() {
        for name in tola_media::codes::ALL {
            assert!(code::named(name).is_some(), "{name}");
        }
    }
}
