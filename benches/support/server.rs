//! A server on the loopback that answers every request with the same body and keeps its connections: the least that a
//! whole call can be measured against, the same for all clients.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What OSS answers to GetBucketEncryption.
pub const OSS_BODY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ServerSideEncryptionRule>\n  \
    <ApplyServerSideEncryptionByDefault>\n    <SSEAlgorithm>KMS</SSEAlgorithm>\n    \
    <KMSMasterKeyID>9468da86-3509-4f8d-a61e-6eab1eac7b4f</KMSMasterKeyID>\n    \
    <KMSDataEncryption>SM4</KMSDataEncryption>\n  </ApplyServerSideEncryptionByDefault>\n</ServerSideEncryptionRule>\n";

/// A connection, plain or wrapped.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Wraps a connection that was accepted, in TLS for example.
pub type Wrap = Arc<dyn Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync>;

pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers at once, without TLS.
    pub fn start(body: &'static str) -> Self {
        Self::start_with(body, Duration::ZERO, Arc::new(|stream| Ok(Box::new(stream))))
    }

    /// It stops when the process does.
    pub fn start_with(body: &'static str, delay: Duration, wrap: Wrap) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let wrap = Arc::clone(&wrap);
                // A client that goes away is no failure. A small stack, for thousands of connections.
                let serving = move || drop(serve(stream, body, delay, &wrap));
                thread::Builder::new().stack_size(256 * 1024).spawn(serving).expect("a thread");
            }
        });
        Self { address, connections }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made since the start.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, body: &str, delay: Duration, wrap: &Wrap) -> io::Result<()> {
    stream.set_nodelay(true)?;
    // As a proxy it connects to itself, whatever the host. Peeked at, because what follows may be TLS's to read.
    let mut first = [0; 8];
    stream.peek(&mut first)?;
    if first.starts_with(b"CONNECT") {
        read_head(&mut BufReader::with_capacity(1, &stream))?;
        (&stream).write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    }
    let mut stream = BufReader::with_capacity(4096, wrap(stream)?);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nserver: AliyunOSS\r\ndate: Thu, 10 Apr 2025 08:00:00 GMT\r\ncontent-type: application/xml\r\n\
         content-length: {}\r\nconnection: keep-alive\r\nx-oss-request-id: 67F7A1B2C3D4E5F6A7B8C9D0\r\n\r\n{body}",
        body.len()
    );
    while read_head(&mut stream)? {
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        stream.get_mut().write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// Reads up to the empty line. False when the client has gone. GETs have no body.
fn read_head(stream: &mut BufReader<impl Read>) -> io::Result<bool> {
    let mut line = Vec::with_capacity(256);
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line)? == 0 {
            return Ok(false);
        }
        if line == b"\r\n" {
            return Ok(true);
        }
    }
}
