//! Renders an upload into the sizes and formats that channels take.
