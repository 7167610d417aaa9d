//! Reads the encryption of 10,000 buckets with 1, 4, 16 and 64 threads, from a server that takes 5 ms to answer and runs
//! in a process of its own. `cargo bench --bench scale --features emulator` runs it, in about four minutes.

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use bucket_encryption::ureq::{Agent, Proxy};
use bucket_encryption::{Addressing, Credentials, Emulator, Endpoint, Fault, oss};

use support::server::{OSS_BODY, Server};

const BUCKETS: u32 = 10_000;
const ANSWER_TIME: Duration = Duration::from_millis(5);
const KEY: (&str, &str) = ("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters");

fn main() {
    match std::env::args().skip_while(|argument| argument != "serve").nth(1).as_deref() {
        Some("emulator") => serve_emulator(),
        Some(_) => serve_stub(),
        None => measure(),
    }
}

fn measure() {
    println!(
        "| server, style | buckets | threads | calls/s | of the most possible | CPU, µs a call | peak memory, MiB | connections |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|"
    );
    for (name, server, endpoint) in [
        ("emulator, path", "emulator", path as fn(u16) -> Endpoint),
        ("stub, path", "stub", path),
        ("stub, a host a bucket", "stub", virtual_hosted),
    ] {
        let mut server = ServerProcess::start(server);
        let endpoint = endpoint(server.port);
        // The cost of a call must not depend on how many there are: a tenth of the work first.
        for (buckets, threads) in [(BUCKETS / 10, 16), (BUCKETS, 1), (BUCKETS, 4), (BUCKETS, 16), (BUCKETS, 64)] {
            let (connections, cpu) = (server.connections(), cpu_seconds());
            // Forgets the peak so far.
            fs::write("/proc/self/clear_refs", "5").expect("a peak that can be forgotten");
            let took = read_all(&endpoint, buckets, threads);
            let calls = 1.0 / (took.as_secs_f64() / f64::from(buckets));
            let possible = calls * ANSWER_TIME.as_secs_f64() / f64::from(threads);
            let cpu = (cpu_seconds() - cpu) * 1e6 / f64::from(buckets);
            let connections = server.connections() - connections;
            let peak = peak_mebibytes();
            println!(
                "| {name} | {buckets} | {threads} | {calls:.0} | {possible:.2} | {cpu:.0} | {peak:.1} | {connections} |"
            );
        }
    }
}

/// The time that it takes to ask about that many buckets.
fn read_all(endpoint: &Endpoint, buckets: u32, threads: u32) -> Duration {
    let credentials = Credentials::new(KEY.0, KEY.1).expect("credentials");
    let next = AtomicU32::new(0);
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= buckets {
                        break;
                    }
                    oss::get_bucket_encryption(&credentials, endpoint, &bucket(index)).expect("an answer");
                }
            });
        }
    });
    started.elapsed()
}

fn bucket(index: u32) -> String {
    format!("bucket-{index:05}")
}

fn path(port: u16) -> Endpoint {
    let endpoint = Endpoint::oss("cn-hangzhou").and_then(|oss| oss.with_url(&format!("http://127.0.0.1:{port}")));
    endpoint.expect("an endpoint").with_addressing(Addressing::Path)
}

/// The server is the proxy to every host, because no machine looks up the names of so many; what the proxy's CONNECT
/// takes is in the figures. The agent is like the one that endpoints share.
fn virtual_hosted(port: u16) -> Endpoint {
    let agent: Agent = Agent::config_builder()
        .proxy(Some(Proxy::new(&format!("http://127.0.0.1:{port}")).expect("a proxy")))
        .input_buffer_size(32 * 1024)
        .output_buffer_size(32 * 1024)
        .max_idle_connections(64)
        .max_idle_connections_per_host(64)
        .build()
        .into();
    let endpoint = Endpoint::oss("cn-hangzhou").and_then(|oss| oss.with_url("http://oss.localhost"));
    endpoint.expect("an endpoint").with_agent(agent)
}

/// Clock ticks are a hundredth of a second on Linux.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("this process");
    let ticks = |field: usize| -> f64 {
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        fields.split_ascii_whitespace().nth(field).and_then(|ticks| ticks.parse().ok()).expect("ticks")
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_mebibytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.and_then(|kibibytes| kibibytes.parse::<f64>().ok()).expect("its peak") / 1024.0
}

/// A server in a process of its own, so that its memory and CPU time are not the client's.
struct ServerProcess {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
    port: u16,
}

impl ServerProcess {
    fn start(kind: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["serve", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        let mut server = Self { child, answers, port: 0 };
        server.port = server.number().try_into().expect("a port");
        server
    }

    /// How many connections it accepted so far.
    fn connections(&mut self) -> u64 {
        self.child.stdin.as_mut().expect("its input").write_all(b"\n").expect("a question");
        self.number()
    }

    fn number(&mut self) -> u64 {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a line");
        line.trim().parse().expect("a number")
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.child.kill().expect("an end");
        self.child.wait().expect("an end");
    }
}

fn serve_emulator() {
    let credentials = Credentials::new(KEY.0, KEY.1).expect("credentials");
    let emulator = Emulator::bind("127.0.0.1:0", credentials).expect("a free port");
    (0..BUCKETS).for_each(|index| emulator.create_bucket(&bucket(index)));
    emulator.fail_next(u32::MAX, Fault::Delay(ANSWER_TIME));
    let (_, port) = emulator.url().rsplit_once(':').expect("a port");
    answer(port.parse().expect("a number"), || emulator.connections());
}

fn serve_stub() {
    let server = Server::start_with(OSS_BODY, ANSWER_TIME, std::sync::Arc::new(|stream| Ok(Box::new(stream))));
    answer(server.port(), || server.connections() as u64);
}

/// Says its port, then after each line how many connections there were.
fn answer(port: u16, connections: impl Fn() -> u64) {
    println!("{port}");
    for _ in std::io::stdin().lines() {
        println!("{}", connections());
    }
}
