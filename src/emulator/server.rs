//! The server: its threads and connections, and what becomes of a request.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answers::{self, Refusal};
use super::fault::{Fault, Faults};
use super::http::{self, Limits};
use super::message::{Answer, Received};
use super::state::State;
use super::verify;
use crate::credentials::Credentials;

/// The target of the log lines.
const LOG_TARGET: &str = "bucket_encryption::emulator";

pub(super) struct Server {
    credentials: Credentials,
    pub(super) limits: Limits,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    requests: AtomicU64,
    connections: AtomicU64,
    open: Mutex<Open>,
    stopped: Condvar,
}

/// The open connections, so that they can be closed from without.
#[derive(Default)]
struct Open {
    stopping: bool,
    streams: HashMap<u64, TcpStream>,
}

/// What goes back to the client.
pub(super) enum Outcome {
    Whole(Answer),
    /// The half of it.
    Cut(Answer),
    Drop,
}

impl Server {
    pub(super) fn new(credentials: Credentials, limits: Limits) -> Self {
        Self {
            credentials,
            limits,
            state: Mutex::default(),
            faults: Mutex::default(),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            open: Mutex::default(),
            stopped: Condvar::new(),
        }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Accepts connections until it is stopped, and returns when the last of them is closed.
    pub(super) fn serve(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            while !lock(&self.open).stopping {
                let Ok((stream, _)) = listener.accept() else {
                    // Out of file descriptors, or the client is gone already.
                    thread::sleep(Duration::from_millis(5));
                    continue;
                };
                let Ok(Some(connection)) = self.register(stream) else { continue };
                let thread = thread::Builder::new().name("emulator connection".to_owned());
                // Without a thread the connection is dropped with the closure.
                drop(thread.spawn_scoped(scope, move || http::serve(self, &connection.stream)));
            }
        });
    }

    /// Counts a connection in. None where it is stopping or there are too many: the connection is closed.
    fn register(&self, stream: TcpStream) -> io::Result<Option<Connection<'_>>> {
        let mut open = lock(&self.open);
        if open.stopping {
            return Ok(None);
        }
        let id = self.connections.fetch_add(1, Ordering::Relaxed);
        if open.streams.len() >= self.limits.connections {
            log::warn!(target: LOG_TARGET, "a connection was closed: {} are open", open.streams.len());
            return Ok(None);
        }
        open.streams.insert(id, stream.try_clone()?);
        Ok(Some(Connection { server: self, id, stream }))
    }

    /// Ends every wait and closes every connection.
    pub(super) fn stop(&self) {
        let mut open = lock(&self.open);
        open.stopping = true;
        for stream in open.streams.values() {
            // One that is closed already is no matter.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.stopped.notify_all();
    }

    fn wait(&self, time: Duration) {
        let waited = self.stopped.wait_timeout_while(lock(&self.open), time, |open| !open.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Finds the answer to a request, or the fault that it meets.
    pub(super) fn respond(&self, request: &Received) -> Outcome {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let fault = self.faults().next();
        let now = SystemTime::now();
        let refuse = |status, code: Option<&str>, message: &str| {
            let refusal = Refusal::of_status(verify::service_of(request), status, code, message);
            answers::refused(request, verify::service_of(request), &refusal, now)
        };
        let outcome = match &fault {
            Some(Fault::Drop) => Outcome::Drop,
            Some(Fault::Status(status)) => Outcome::Whole(refuse(*status, None, "A fault was asked for.")),
            Some(Fault::Error { status, code, message }) => Outcome::Whole(refuse(*status, Some(code), message)),
            Some(Fault::Redirect { status, location }) => {
                let answer = refuse(*status, None, "Please send the request to the address in Location.");
                Outcome::Whole(answer.with_header("location", location.clone()))
            }
            Some(Fault::Cut) => Outcome::Cut(self.answer(request, now)),
            Some(Fault::Delay(time)) => {
                self.wait(*time);
                Outcome::Whole(self.answer(request, SystemTime::now()))
            }
            Some(Fault::ClockAhead(time)) => {
                Outcome::Whole(self.answer(request, now.checked_add(*time).unwrap_or(now)))
            }
            Some(Fault::ClockBehind(time)) => {
                Outcome::Whole(self.answer(request, now.checked_sub(*time).unwrap_or(UNIX_EPOCH)))
            }
            None => Outcome::Whole(self.answer(request, now)),
        };
        let status = match &outcome {
            Outcome::Whole(answer) | Outcome::Cut(answer) => answer.status,
            Outcome::Drop => 0,
        };
        log::debug!(target: LOG_TARGET, "{} {}: {status}, fault {fault:?}", request.method, request.path);
        outcome
    }

    /// The service's answer, at this time of the service's clock.
    fn answer(&self, request: &Received, now: SystemTime) -> Answer {
        if request.asks_api_version() {
            return answers::api_version(now);
        }
        let service = verify::service_of(request);
        let mut state = self.state();
        let done = verify::verify(request, &self.credentials, &state, now)
            .and_then(|verified| state.perform(&verified, request));
        match done {
            Ok(done) => answers::done(service, done, now),
            Err(refusal) => answers::refused(request, service, &refusal, now),
        }
    }
}

/// A connection that is counted in, and out when it is dropped.
struct Connection<'s> {
    server: &'s Server,
    id: u64,
    stream: TcpStream,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        lock(&self.server.open).streams.remove(&self.id);
    }
}

/// What a thread left behind that panicked is whole: every change is made in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
