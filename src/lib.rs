#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod algorithm;
pub mod audit;
mod credentials;
#[cfg(feature = "emulator")]
mod emulator;
mod endpoint;
mod ensure;
mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
mod hide;
mod name;
pub mod obs;
pub mod oss;
pub mod oss_tables;
mod protection;
mod request;
mod sign;
mod transport;
mod xml;

pub use ureq;

pub use crate::algorithm::SseAlgorithm;
pub use crate::credentials::{Cloud, Credentials, RenewingCredentials};
#[cfg(feature = "emulator")]
pub use crate::emulator::{Emulator, Fault};
pub use crate::endpoint::{Addressing, Endpoint, Network, SignatureVersion};
pub use crate::ensure::Ensured;
pub use crate::error::{
    DecodeError, Error, InputError, NotSettledError, Result, ServiceError, SignatureMismatch, TransportError,
};
pub use crate::name::TableBucketArn;
pub use crate::protection::Protection;
pub use crate::request::{Request, Response, SignedRequest};
