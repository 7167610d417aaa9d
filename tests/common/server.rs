//! A server on the loopback that does to each request what its script says, and what tests share around it.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bucket_encryption::{Addressing, Credentials, Endpoint, TableBucketArn};

pub(crate) const BUCKET: &str = "examplebucket";
pub(crate) const SECRET: &str = "qZ7vXk2/pRw9+Lm4TbY8sDf3Hj6Nc5";
pub(crate) const TOKEN: &str = "CAISyQ8x+Wv3/JzK7hRt9GbP4mUd6NfE2sLc5XaOe1IiTq0BwMpZrVkYj+/gHo==";

pub(crate) const AES256: &str = "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256\
    </SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";

pub(crate) fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRET).unwrap().with_security_token(TOKEN).unwrap()
}

pub(crate) fn arn() -> TableBucketArn {
    TableBucketArn::new("cn-hangzhou", "1234567890", BUCKET).unwrap()
}

/// What a request meets.
#[derive(Clone)]
pub(crate) enum Act {
    /// These bytes, and the connection is kept.
    Send(Vec<u8>),
    /// These bytes, and the connection is closed.
    SendAndClose(Vec<u8>),
    /// The first bytes, and then the second ones again and again until the client goes.
    SendForever(Vec<u8>, Vec<u8>),
    /// A byte every 50 ms.
    Drip(Vec<u8>),
    /// Nothing, until the client goes.
    Stall,
    /// Whatever fits the request.
    Answer(Arc<dyn Fn(&str) -> Self + Send + Sync>),
}

/// A whole answer.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Act {
    Act::Send(answer_bytes(status, headers, body.as_bytes()))
}

pub(crate) fn answer_bytes(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

pub(crate) fn ok() -> Act {
    answer(200, &[], AES256)
}

/// An error of OSS or OBS.
pub(crate) fn error(status: u16, code: &str) -> Act {
    answer(status, &[], &format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
}

pub(crate) struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that plays these, one a request, and the last of them from then on.
    pub(crate) fn new(script: Vec<Act>) -> Self {
        let next = AtomicUsize::new(0);
        Self::with(move |mut peer| {
            while let Some(request) = peer.request() {
                let number = next.fetch_add(1, Ordering::SeqCst).min(script.len() - 1);
                if !peer.play(&script[number], &request) {
                    break;
                }
            }
        })
    }

    /// A server that does this with each connection.
    pub(crate) fn with(serve: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let (count, serve) = (Arc::clone(&connections), Arc::new(serve));
        let server = Self { port, connections, requests: Arc::clone(&requests) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (serve, requests) = (Arc::clone(&serve), Arc::clone(&requests));
                thread::spawn(move || serve(Peer { stream, requests }));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn at(&self, endpoint: Endpoint) -> Endpoint {
        let endpoint = endpoint.with_url(&self.url()).unwrap().with_addressing(Addressing::Path);
        endpoint.with_timeout(Duration::from_secs(20))
    }

    pub(crate) fn oss(&self) -> Endpoint {
        self.at(Endpoint::oss("cn-hangzhou").unwrap())
    }

    pub(crate) fn obs(&self) -> Endpoint {
        self.at(Endpoint::obs("cn-north-4").unwrap())
    }

    pub(crate) fn oss_tables(&self) -> Endpoint {
        self.at(Endpoint::oss_tables("cn-hangzhou").unwrap())
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests, each with its head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// The other end of a connection.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// The next request; none where the client has gone.
    pub(crate) fn request(&mut self) -> Option<String> {
        let request = read_request(&mut self.stream)?;
        self.record(&request);
        Some(request)
    }

    pub(crate) fn record(&self, request: &str) {
        self.requests.lock().unwrap().push(request.to_owned());
    }

    /// Whether the connection is kept.
    fn play(&mut self, act: &Act, request: &str) -> bool {
        match act {
            Act::Send(bytes) => self.stream.write_all(bytes).is_ok(),
            Act::SendAndClose(bytes) => {
                let _ = self.stream.write_all(bytes);
                false
            }
            Act::SendForever(first, again) => {
                let mut sent = self.stream.write_all(first);
                while sent.is_ok() {
                    sent = self.stream.write_all(again);
                }
                false
            }
            Act::Drip(bytes) => {
                for byte in bytes.chunks(1) {
                    if self.stream.write_all(byte).is_err() {
                        break;
                    }
                    thread::sleep(Duration::from_millis(50));
                }
                false
            }
            Act::Stall => {
                let _ = self.stream.read(&mut [0]);
                false
            }
            Act::Answer(find) => self.play(&find(request), request),
        }
    }
}

/// Reads a request up to its end.
pub(crate) fn read_request(stream: &mut impl std::io::Read) -> Option<String> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let mut body = vec![0; header(&head, "content-length").map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

/// A header of a request.
pub(crate) fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let (head, _) = request.split_once("\r\n\r\n")?;
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
