//! Connections: requests are read and answers are written, over ureq-proto's state machine.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use ureq_proto::Error as ProtocolError;
use ureq_proto::http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use ureq_proto::server::state::{ProvideResponse, RecvBody, RecvRequest};
use ureq_proto::server::{RecvRequestResult, Reply, SendResponseResult};

use super::message::{Answer, Received};
use super::server::{Outcome, Server};
use crate::request::MAX_BODY_BYTES;

/// The longest request line with its headers.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How much may wait to be parsed: a head, or a body with the lines that chunks add to it.
const MAX_INPUT_BYTES: usize = MAX_HEAD_BYTES + 2 * MAX_BODY_BYTES;

/// How long a client may go on sending what nobody reads any more.
const LINGER: Duration = Duration::from_millis(500);

/// What a client may take.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// How long a connection may wait for its next request.
    pub(super) idle: Duration,
    /// How long a request may take to arrive once it has begun, and an answer to be sent.
    pub(super) message: Duration,
    /// How many connections may be open; another one is closed at once.
    pub(super) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(300), message: Duration::from_secs(10), connections: 512 }
    }
}

/// Serves a connection until it ends.
pub(super) fn serve(server: &Server, stream: &TcpStream) {
    let mut connection = Connection { stream, limits: &server.limits, input: Vec::new() };
    // A failure to set it costs milliseconds.
    let _ = stream.set_nodelay(true);
    loop {
        match connection.exchange(server) {
            Ok(After::Next) => {}
            Ok(After::Close) | Err(Broken::Connection) => break,
            Err(Broken::Request(status)) => {
                // No service's: a real front end answers in its place. It may be gone by now.
                let _ = connection.refuse(status);
                break;
            }
        }
    }
    connection.linger();
}

/// What follows an exchange.
enum After {
    Next,
    Close,
}

/// Why there is no exchange.
enum Broken {
    /// The connection is.
    Connection,
    /// The request is: this status says how.
    Request(StatusCode),
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Connection
    }
}

impl From<ProtocolError> for Broken {
    fn from(error: ProtocolError) -> Self {
        Self::Request(match error {
            ProtocolError::HttpParseTooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        })
    }
}

struct Connection<'s> {
    stream: &'s TcpStream,
    limits: &'s Limits,
    /// What was received and not yet used.
    input: Vec<u8>,
}

impl Connection<'_> {
    /// One request and its answer.
    fn exchange(&mut self, server: &Server) -> Result<After, Broken> {
        if self.input.is_empty() && !self.fill(Instant::now() + self.limits.idle)? {
            return Ok(After::Close);
        }
        let deadline = Instant::now() + self.limits.message;
        let (reply, request) = self.read_head(deadline)?;
        check_host(&request)?;
        let misses_length = misses_length(&request);
        let (reply, body) = self.read_rest(reply, misses_length, deadline)?;
        let is_head = request.method() == Method::HEAD;
        let (parts, ()) = request.into_parts();
        match server.respond(&Received::new(&parts, body, misses_length)) {
            Outcome::Whole(mut answer) => {
                if misses_length {
                    // What follows may be its body.
                    answer = answer.with_header("connection", "close".to_owned());
                }
                let (bytes, after) = write_answer(reply, &answer, is_head)?;
                self.write(&bytes)?;
                Ok(after)
            }
            Outcome::Cut(answer) => {
                let (bytes, _) = write_answer(reply, &answer, is_head)?;
                let body_bytes = if is_head { 0 } else { answer.body.len() };
                let kept = if body_bytes == 0 { bytes.len() / 2 } else { bytes.len() - body_bytes.div_ceil(2) };
                self.write(&bytes[..kept])?;
                Ok(After::Close)
            }
            Outcome::Drop => Ok(After::Close),
        }
    }

    fn read_head(&mut self, deadline: Instant) -> Result<(Reply<RecvRequest>, Request<()>), Broken> {
        let mut reply = Reply::new()?;
        // Also for a HEAD: a body that is not read would be taken for the next request.
        reply.force_recv_body();
        loop {
            let (used, request) = reply.try_request(&self.input)?;
            let head_bytes = if request.is_some() { used } else { self.input.len() };
            if head_bytes > MAX_HEAD_BYTES {
                return Err(Broken::Request(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
            }
            self.input.drain(..used);
            if let Some(request) = request {
                return Ok((reply, request));
            }
            self.fill_more(deadline)?;
        }
    }

    /// Reads the body, if there is one.
    fn read_rest(
        &mut self,
        reply: Reply<RecvRequest>,
        misses_length: bool,
        deadline: Instant,
    ) -> Result<(Reply<ProvideResponse>, Vec<u8>), Broken> {
        match reply.proceed() {
            Some(RecvRequestResult::ProvideResponse(reply)) => Ok((reply, Vec::new())),
            Some(RecvRequestResult::RecvBody(reply)) if misses_length => Ok((end_body(reply)?, Vec::new())),
            Some(RecvRequestResult::RecvBody(reply)) => self.read_body(reply, deadline),
            Some(RecvRequestResult::Send100(_)) if misses_length => Err(Broken::Request(StatusCode::LENGTH_REQUIRED)),
            Some(RecvRequestResult::Send100(reply)) => {
                let mut output = [0; 64];
                let (used, reply) = reply.accept(&mut output)?;
                self.write(&output[..used])?;
                self.read_body(reply, deadline)
            }
            None => Err(Broken::Request(StatusCode::BAD_REQUEST)),
        }
    }

    fn read_body(
        &mut self,
        mut reply: Reply<RecvBody>,
        deadline: Instant,
    ) -> Result<(Reply<ProvideResponse>, Vec<u8>), Broken> {
        let mut body = Vec::new();
        let mut output = [0; 4096];
        while !reply.is_ended() {
            let (used, written) = reply.read(&self.input, &mut output)?;
            self.input.drain(..used);
            body.extend_from_slice(&output[..written]);
            if body.len() > MAX_BODY_BYTES {
                return Err(Broken::Request(StatusCode::PAYLOAD_TOO_LARGE));
            }
            if used == 0 && written == 0 {
                self.fill_more(deadline)?;
            }
        }
        Ok((reply.proceed()?, body))
    }

    /// Reads more of a request that has begun.
    fn fill_more(&mut self, deadline: Instant) -> Result<(), Broken> {
        if self.input.len() > MAX_INPUT_BYTES {
            return Err(Broken::Request(StatusCode::BAD_REQUEST));
        }
        match self.fill(deadline) {
            Ok(true) => Ok(()),
            Err(error) if is_timeout(&error) => Err(Broken::Request(StatusCode::REQUEST_TIMEOUT)),
            Ok(false) | Err(_) => Err(Broken::Connection),
        }
    }

    /// Reads once. False at the end of the connection.
    fn fill(&mut self, deadline: Instant) -> io::Result<bool> {
        let mut buffer = [0; 8192];
        let count = self.read(&mut buffer, deadline)?;
        self.input.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(self.limits.message))?;
        self.stream.write_all(bytes)
    }

    fn refuse(&mut self, status: StatusCode) -> io::Result<()> {
        let line = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        self.write(line.as_bytes())
    }

    /// Reads what is still coming: to close before would reset the connection, and the answer could be lost with it.
    fn linger(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let deadline = Instant::now() + LINGER;
        let mut buffer = [0; 8192];
        while self.read(&mut buffer, deadline).is_ok_and(|count| count > 0) {}
    }
}

/// HTTP/1.1 wants one `Host`: two could mean two buckets.
fn check_host(request: &Request<()>) -> Result<(), Broken> {
    match request.headers().get_all(header::HOST).iter().count() {
        1 => Ok(()),
        0 if request.version() == Version::HTTP_10 => Ok(()),
        _ => Err(Broken::Request(StatusCode::BAD_REQUEST)),
    }
}

/// Whether a request that has a body does not tell how long it is.
fn misses_length(request: &Request<()>) -> bool {
    let has_body = [Method::PUT, Method::POST, Method::PATCH].contains(request.method());
    let headers = request.headers();
    has_body && !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING)
}

/// Ends a body that ureq-proto takes for a chunked one because nothing else announces it.
fn end_body(mut reply: Reply<RecvBody>) -> Result<Reply<ProvideResponse>, Broken> {
    reply.read(b"0\r\n\r\n", &mut [0; 8])?;
    if reply.is_ended() { Ok(reply.proceed()?) } else { Err(Broken::Request(StatusCode::LENGTH_REQUIRED)) }
}

/// Writes an answer into bytes: the head and, where the method wants one, the body.
fn write_answer(reply: Reply<ProvideResponse>, answer: &Answer, is_head: bool) -> Result<(Vec<u8>, After), Broken> {
    let mut response = Response::new(());
    let status = StatusCode::from_u16(answer.status).ok().filter(|status| !status.is_informational());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let has_body = !is_head && !matches!(answer.status, 204 | 304);
    let body = if has_body { answer.body.as_bytes() } else { &[] };
    for (name, value) in &answer.headers {
        // A value that HTTP cannot carry comes from a fault, and is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    if has_body {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let header_bytes: usize =
        response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let mut bytes = vec![0; header_bytes + 256];
    let mut reply = reply.provide(response)?;
    let mut used = 0;
    while !reply.is_finished() {
        used += reply.write(&mut bytes[used..])?;
    }
    bytes.truncate(used);
    bytes.extend_from_slice(body);
    let must_close = match reply.proceed() {
        SendResponseResult::SendBody(mut reply) => {
            reply.consume_direct_write(body.len())?;
            !reply.is_finished() || reply.proceed().must_close_connection()
        }
        SendResponseResult::Cleanup(reply) => reply.must_close_connection(),
    };
    Ok((bytes, if must_close { After::Close } else { After::Next }))
}

fn is_timeout(error: &io::Error) -> bool {
    // The first on Unix, the second on Windows.
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
