//! The web application: pages rendered here, one small script for comfort, everything works without it.
//!
//! In: requests of a browser. Out: pages and files. Never: a figure, a rule or a query of its own: a
//! screen shows what use cases of `app` answer, the same as those of the commands.

mod access;
mod address;
mod assets;
mod drill;
mod export;
mod fields;
mod import_draft;
mod jobs;
mod limits;
mod page;
mod problem;
mod results;
mod router;
mod screens;
mod serve;
mod server;
mod session;
mod shelf;
mod typeset;
mod upload;
mod view;
mod visitor;

pub use access::Access;
pub use router::listed;
pub use serve::{Listening, ServeOptions, serve};
