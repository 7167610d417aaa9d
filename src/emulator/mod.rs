//! A loopback server that speaks all three services.
//!
//! The way of a request: `http` reads it, `verify` finds out who asks what of which service, `state` does it,
//! `answers` writes down what the service would say, `http` sends it. `fault` stands in between.

mod answers;
mod fault;
mod http;
mod message;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod verify;

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use self::fault::Fault;
use self::http::Limits;
use self::server::Server;
use crate::credentials::Credentials;
use crate::endpoint::{Addressing, Endpoint};
use crate::error::Result;
use crate::name::TableBucketArn;

/// A server on a loopback address that speaks OSS (V4 and V1), OSS Tables and OBS on one port, for tests.
///
/// It verifies every signature over what it received, the clock within 15 minutes, the security token and Content-MD5,
/// keeps its state in memory, and answers as the services do: success and error alike. Requests are taken in path style
/// and, by their `Host` header, in virtual-hosted style; on a domain that names no bucket, for the bucket that was
/// signed. Only the ten operations of this library are served; others get the status 501.
///
/// It stops when it is dropped: open connections are closed, and no thread of it is left.
///
/// ```
/// use bucket_encryption::{Emulator, oss};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::start()?;
/// emulator.create_bucket("examplebucket");
/// let (credentials, endpoint) = (emulator.credentials(), emulator.oss());
///
/// let encryption = oss::BucketEncryption::kms().with_kms_data_encryption("SM4");
/// oss::put_bucket_encryption(credentials, &endpoint, "examplebucket", &encryption)?;
/// assert_eq!(oss::get_bucket_encryption(credentials, &endpoint, "examplebucket")?, Some(encryption));
///
/// let error = oss::get_bucket_encryption(credentials, &endpoint, "no-such-bucket").unwrap_err();
/// assert!(error.is_not_found());
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
    url: String,
    /// OSS, OSS Tables and OBS.
    endpoints: [Endpoint; 3],
}

impl Emulator {
    /// Starts on 127.0.0.1, on a free port, with an access key of its own making.
    ///
    /// # Errors
    /// When the operating system gives no port or no thread.
    pub fn start() -> io::Result<Self> {
        let id = format!("LTAI5t{}", random_letters(18));
        let credentials = Credentials::new(id, random_letters(30)).map_err(io::Error::other)?;
        Self::bind((Ipv4Addr::LOCALHOST, 0), credentials)
    }

    /// Starts on this address, for requests that are signed with these credentials. Port 0 stands for a free one.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when the address is not a loopback address: the emulator answers whoever can
    /// reach it. Otherwise when the address cannot be had, as when another program listens there.
    pub fn bind(addr: impl ToSocketAddrs, credentials: Credentials) -> io::Result<Self> {
        Self::with_limits(addr, credentials, Limits::default())
    }

    fn with_limits(addr: impl ToSocketAddrs, credentials: Credentials, limits: Limits) -> io::Result<Self> {
        let addresses: Vec<SocketAddr> = addr.to_socket_addrs()?.collect();
        if addresses.is_empty() || addresses.iter().any(|address| !address.ip().to_canonical().is_loopback()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the emulator listens on a loopback address only, as 127.0.0.1",
            ));
        }
        let listener = TcpListener::bind(&addresses[..])?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let endpoints = endpoints(&url).map_err(io::Error::other)?;
        let server = Arc::new(Server::new(credentials, limits));
        let thread = thread::Builder::new().name("emulator".to_owned()).spawn({
            let server = Arc::clone(&server);
            move || server.serve(&listener)
        })?;
        Ok(Self { server, thread: Some(thread), address, url, endpoints })
    }

    /// The access key that it accepts.
    pub fn credentials(&self) -> &Credentials {
        self.server.credentials()
    }

    /// Its address: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its OSS: path style, in the region `cn-hangzhou`. Each call's has learnt nothing of the clock yet.
    pub fn oss(&self) -> Endpoint {
        fresh(&self.endpoints[0])
    }

    /// Its OSS Tables: path style, in the region `cn-hangzhou`.
    pub fn oss_tables(&self) -> Endpoint {
        fresh(&self.endpoints[1])
    }

    /// Its OBS: path style, in the region `cn-north-4`.
    pub fn obs(&self) -> Endpoint {
        fresh(&self.endpoints[2])
    }

    /// Makes a bucket, on OSS and on OBS, where it has a setting each: none. One that exists stays as it is.
    pub fn create_bucket(&self, name: &str) {
        self.server.state().create_bucket(name);
    }

    /// Makes a table bucket without a setting. One that exists stays as it is.
    pub fn create_table_bucket(&self, arn: &TableBucketArn) {
        self.server.state().create_table_bucket(arn);
    }

    /// Makes a table, and its table bucket and namespace where they are missing. It takes the table bucket's setting of
    /// now, or AES256 where there is none. One that exists stays as it is.
    pub fn create_table(&self, arn: &TableBucketArn, namespace: &str, table: &str) {
        self.server.state().create_table(arn, namespace, table);
    }

    /// Lets the next `count` requests meet a fault. Calls queue up: the faults of an earlier one come first.
    ///
    /// ```
    /// use bucket_encryption::{Emulator, Fault, oss};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = Emulator::start()?;
    /// emulator.create_bucket("examplebucket");
    /// let endpoint = emulator.oss().with_max_attempts(2);
    ///
    /// // One lost connection is made up for.
    /// emulator.fail_next(1, Fault::Drop);
    /// oss::get_bucket_encryption(emulator.credentials(), &endpoint, "examplebucket")?;
    ///
    /// // Two answers of 503 are not.
    /// emulator.fail_next(2, Fault::Status(503));
    /// let error = oss::get_bucket_encryption(emulator.credentials(), &endpoint, "examplebucket").unwrap_err();
    /// assert_eq!(error.service().map(|error| error.status()), Some(503));
    /// assert_eq!(error.attempts(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fail_next(&self, count: u32, fault: Fault) {
        self.server.faults().push(count, fault);
    }

    /// How many requests were received so far, whatever became of them.
    pub fn requests(&self) -> u64 {
        self.server.requests()
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> u64 {
        self.server.connections()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.stop();
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() {
            // Wakes it where it waits for a connection.
            drop(TcpStream::connect_timeout(&self.address, Duration::from_millis(100)));
            thread::sleep(Duration::from_millis(1));
        }
        // A panic in it was printed where it happened.
        drop(thread.join());
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("url", &self.url)
            .field("credentials", self.credentials())
            .finish_non_exhaustive()
    }
}

fn endpoints(url: &str) -> Result<[Endpoint; 3]> {
    let here = |endpoint: Endpoint| Ok(endpoint.with_url(url)?.with_addressing(Addressing::Path));
    Ok([
        here(Endpoint::oss("cn-hangzhou")?)?,
        here(Endpoint::oss_tables("cn-hangzhou")?)?,
        here(Endpoint::obs(answers::OBS_REGION)?)?,
    ])
}

/// Clones share what they learn of the service's clock; a fault of an earlier test must not reach a later one.
fn fresh(endpoint: &Endpoint) -> Endpoint {
    let mut fresh = endpoint.clone();
    fresh.clock_offset = Arc::default();
    fresh
}

/// The standard library has no other source of randomness than the keys of its hash maps. It is enough for what must
/// differ, and not for what must stay secret.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn random_letters(count: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..count).map(|_| char::from(LETTERS[usize::try_from(random() % 62).unwrap_or_default()])).collect()
}
