//! How much memory a bad answer takes at its worst, and that many calls take no more than a few.

#[path = "common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use bucket_encryption::{Error, obs, oss, oss_tables};

use crate::common::{Act, BUCKET, Server, answer, answer_bytes, arn, credentials, ok};

/// Counts what is allocated, in all threads.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time: the counts are of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

const KIB: usize = 1024;

/// The most that one call may take, with the little that the server here takes. Measured: 1,667 KiB for an error of
/// 20,000 lists in JSON, 1,423 KiB for as many levels of XML, 263 KiB for a body without end, 70 KiB for headers without
/// end.
const MOST: usize = 2048 * KIB;

#[test]
fn bad_answers_take_little_memory() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let fill = |piece: &str| piece.repeat(64 * KIB / piece.len());
    let endless = |head: &str, piece: &[u8]| Act::SendForever(head.as_bytes().to_vec(), piece.to_vec());
    let keys = (0..7000).map(|n| format!("\"{n}\":0,")).collect::<Vec<_>>().concat();
    let cases = [
        ("a body without end", endless("HTTP/1.1 200 OK\r\n\r\n", &[b'<'; 4096])),
        ("an error without end", endless("HTTP/1.1 403 X\r\n\r\n", &[b'<'; 4096])),
        ("chunks without end", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\n<a/>\r\n")),
        ("headers without end", endless("HTTP/1.1 200 OK\r\n", b"a: b\r\n")),
        ("one header without end", endless("HTTP/1.1 200 OK\r\na: ", b"bbbbbbbbbbbbbbbb")),
        ("elements", answer(200, &[], &format!("<a>{}</a>", "<a/>".repeat(16_000)))),
        ("elements of an error", answer(403, &[], &format!("<Error>{}</Error>", "<a/>".repeat(16_000)))),
        ("codes of an error", answer(403, &[], &format!("<Error>{}</Error>", "<Code>a</Code>".repeat(4_000)))),
        ("levels", answer(200, &[], &fill("<a>"))),
        (
            "attributes",
            answer(200, &[], &format!("<a {}/>", (0..500).map(|n| format!("a{n}='' ")).collect::<Vec<_>>().concat())),
        ),
        ("namespaces", answer(200, &[], &(0..450).map(|n| format!("<a xmlns:a{n}='u'>")).collect::<Vec<_>>().concat())),
        ("a long text", answer(200, &[], &format!("<a>{}</a>", "&lt;".repeat(16_000)))),
        ("lists", answer(403, &[], &fill("["))),
        ("keys", answer(403, &[], &format!("{{{keys}\"x\":0}}"))),
        ("a list of lists", answer(403, &[], &format!("{{\"a\":[{}[]]}}", "[],".repeat(20_000)))),
        ("a long message", answer(403, &[], &format!("{{\"message\":\"{}\"}}", "\\u0041".repeat(10_000)))),
        ("a long base64", Act::Send(answer_bytes(403, &[("x-oss-err", &"PGE+".repeat(3_000))], b""))),
    ];
    let mut peaks = Vec::new();
    for (name, act) in cases {
        let server = Server::new(vec![act, ok()]);
        let endpoint = server.oss();
        let keys = credentials();
        // What is made once: the agent, and the connection's buffers.
        oss::get_bucket_encryption(&keys, &Server::new(vec![ok()]).oss(), BUCKET).unwrap();
        let before = NOW.load(Relaxed);
        PEAK.store(before, Relaxed);
        let result = oss::get_bucket_encryption(&keys, &endpoint, BUCKET);
        let peak = PEAK.load(Relaxed) - before;
        assert!(result.is_err(), "{name}: {result:?}");
        assert!(peak < MOST, "{name}: {} KiB", peak / KIB);
        peaks.push((peak / KIB, name));
        drop(result);
        assert!(oss::get_bucket_encryption(&keys, &endpoint, BUCKET).unwrap().is_some(), "{name}: the next call");
    }
    peaks.sort_unstable();
    println!("KiB at the peak: {peaks:?}");
}

#[test]
fn many_calls_take_no_more_memory_than_a_few() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::with(|mut peer| {
        use std::io::Write as _;
        let (mut number, good) = (0, answer_bytes(200, &[], common::AES256.as_bytes()));
        loop {
            // Not recorded: the record would grow.
            if common::read_request(&mut peer.stream).is_none() {
                return;
            }
            number += 1;
            let bytes = if number % 50 == 0 { &good[..number % good.len()] } else { &good };
            if peer.stream.write_all(bytes).is_err() || number % 50 == 0 {
                return;
            }
        }
    });
    let (endpoint, keys) = (server.oss(), credentials());
    let calls = |count: usize| {
        for _ in 0..count {
            let _ = oss::get_bucket_encryption(&keys, &endpoint, BUCKET);
        }
        NOW.load(Relaxed)
    };
    let few = calls(200);
    let many = calls(1000);
    assert!(many < few + 64 * KIB, "{} KiB more", many.saturating_sub(few) / KIB);
}

#[test]
fn other_services_take_little_memory_too() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let body = format!(
        "{{\"encryptionConfiguration\":{{{}\"x\":0}}}}",
        (0..6000).map(|n| format!("\"{n}\":[],")).collect::<Vec<_>>().concat()
    );
    let server = Server::new(vec![answer(200, &[], &body), answer(200, &[], &"<a>".repeat(20_000))]);
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let tables = oss_tables::get_table_bucket_encryption(&credentials(), &server.oss_tables(), &arn());
    let obs = obs::get_bucket_encryption(&credentials(), &server.obs(), BUCKET);
    assert!(matches!(tables, Err(Error::Decode(_))) && matches!(obs, Err(Error::Decode(_))), "{tables:?} {obs:?}");
    let peak = PEAK.load(Relaxed) - before;
    println!("{} KiB", peak / KIB);
    assert!(peak < MOST, "{} KiB", peak / KIB);
}
