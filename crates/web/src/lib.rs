//! The service's face: commands and reads over HTTP.
