//! What the tests have in place of the environment, the home folder and the metadata service.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::find::{Miss, Surroundings};
use crate::error::Error;

/// A secret that no test may find in a message.
pub(crate) const SECRET: &str = "hunter22-hunter22";

/// A home folder of the test's own, removed at its end.
pub(crate) struct Home(pub(crate) PathBuf);

impl Home {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("bucket-encryption-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let home = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&home.0).unwrap();
        for (path, text) in files {
            home.write(path, text.as_bytes());
        }
        home
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A lookup in a table in place of the environment.
pub(crate) fn variables(table: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + use<> {
    let table: HashMap<String, OsString> =
        table.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    move |name| table.get(name).cloned()
}

pub(crate) fn surroundings<'a>(
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    home: &Home,
    metadata: Option<&'a str>,
) -> Surroundings<'a> {
    // Without a server of the test's own, an address where nothing listens.
    Surroundings { variable, home: Some(home.0.clone()), metadata: Some(metadata.unwrap_or("http://127.0.0.1:1")) }
}

/// The error, and whether it lets a search go on, once its printed forms were searched for the secret.
#[track_caller]
pub(crate) fn miss<T>(outcome: Result<T, Miss>) -> (Error, bool) {
    let (error, is_absent) = match outcome {
        Ok(_) => panic!("a key was found"),
        Err(Miss::Absent(error)) => (error, true),
        Err(Miss::Unusable(error)) => (error, false),
    };
    let text = format!("{error} {error:?} {error:#}");
    assert!(!text.contains("hunter"), "{text}");
    (error, is_absent)
}

/// A metadata service on loopback. Each request's head is given to the function, which returns the whole answer;
/// nothing is silence.
pub(crate) struct Metadata {
    pub(crate) base: String,
    heads: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Metadata {
    pub(crate) fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heads, ended) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let (kept_heads, is_ended) = (heads.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if is_ended.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(mut stream) = stream else { continue };
                let head = head(&mut stream);
                let text = answer(&head);
                kept_heads.lock().unwrap().push(head);
                if text.is_empty() {
                    silent.push(stream);
                } else {
                    let _ = stream.write_all(text.as_bytes());
                }
            }
        });
        Self { base, heads, ended, thread: Some(thread) }
    }

    /// The requests: method, path, and the headers whose names hold "metadata".
    pub(crate) fn requests(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        let short = |head: &String| {
            let first = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
            let header = head.lines().skip(1).find(|line| line.to_ascii_lowercase().contains("metadata"));
            [Some(first), header].into_iter().flatten().collect::<Vec<_>>().join(" | ").to_ascii_lowercase()
        };
        heads.iter().map(short).collect()
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.base.trim_start_matches("http://"));
        let _ = self.thread.take().unwrap().join();
    }
}

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub(crate) fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// What Alibaba's metadata service answers, with the role `web`.
pub(crate) fn alibaba(head: &str) -> String {
    match head.split(' ').nth(1).unwrap_or_default() {
        "/latest/api/token" => answer(200, "the-token"),
        "/latest/meta-data/ram/security-credentials/" => answer(200, "web\n"),
        "/latest/meta-data/ram/security-credentials/web" => answer(200, &alibaba_key("2025-04-10T08:00:00Z")),
        _ => answer(404, "<html>404</html>"),
    }
}

pub(crate) fn alibaba_key(expiration: &str) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"STS.web","AccessKeySecret":"{SECRET}","SecurityToken":"CAIS-{SECRET}","Expiration":"{expiration}","LastUpdated":"2025-04-10T02:00:00Z"}}"#
    )
}

/// What Huawei's metadata service answers.
pub(crate) fn huawei(head: &str) -> String {
    match head.split(' ').nth(1).unwrap_or_default() {
        "/meta-data/latest/api/token" => answer(200, "the-token"),
        "/openstack/latest/securitykey" => answer(200, &huawei_key()),
        _ => answer(404, "404"),
    }
}

pub(crate) fn huawei_key() -> String {
    format!(
        r#"{{"credential":{{"access":"HWKEY","secret":"{SECRET}","securitytoken":"ggp-{SECRET}","expires_at":"2025-04-10T08:00:00.000000Z"}}}}"#
    )
}
