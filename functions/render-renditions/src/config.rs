//! What the function is told by its environment, read once at cold start.

use tola_media::RenditionFormat;

/// The step's own variable; the crates that it uses read theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderConfig {
    /// `RENDITION_FORMATS`: what each size is made as, `jpeg,webp` if it is left out. A channel that takes no such format
    /// gets no image.
    pub formats: Vec<RenditionFormat>,
}

/// `RENDITION_FORMATS` names something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("RENDITION_FORMATS is `jpeg`, `webp`, or both with a comma between them, not `{0}`")]
pub struct UnknownFormat(String);

impl RenderConfig {
    /// Reads the variable that the field names.
    ///
    /// # Errors
    /// [`UnknownFormat`].
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the step's variable")]
    pub fn from_env() -> Result<Self, UnknownFormat> {
        Self::read(std::env::var("RENDITION_FORMATS").ok().as_deref())
    }

    fn read(formats: Option<&str>) -> Result<Self, UnknownFormat> {
        let Some(text) = formats.filter(|text| !text.is_empty()) else {
            return Ok(Self { formats: RenditionFormat::ALL.to_vec() });
        };
        let format = |name: &str| match name {
            "jpeg" => Ok(RenditionFormat::Jpeg),
            "webp" => Ok(RenditionFormat::WebP),
            _ => Err(UnknownFormat(text.to_owned())),
        };
        Ok(Self { formats: text.split(',').map(|name| format(name.trim())).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_named_or_all_of_them() {
        let read = |text| RenderConfig::read(text).map(|config| config.formats);

        assert_eq!(read(None), Ok(RenditionFormat::ALL.to_vec()));
        assert_eq!(read(Some("")), Ok(RenditionFormat::ALL.to_vec()));
        assert_eq!(read(Some("webp, jpeg")), Ok(vec![RenditionFormat::WebP, RenditionFormat::Jpeg]));
        assert_eq!(read(Some("jpeg,avif")), Err(UnknownFormat("jpeg,avif".into())));
    }
}
