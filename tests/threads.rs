//! Many threads that share one endpoint and one key, and faults in between.

#![cfg(feature = "emulator")]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bucket_encryption::{Emulator, Error, Fault, oss, oss_tables};

#[path = "common/mod.rs"]
mod common;

use common::{BUCKET, arn};

const THREADS: usize = 16;
const CALLS: usize = 20_000;

/// How many files, and so connections, this process has open. None where the system does not tell.
fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

/// What a fault may make of a get: it is tried again, or it is the service's error or a lost connection.
fn is_right(error: &Error) -> bool {
    match error {
        Error::Service(service) => matches!(service.status(), 403 | 500 | 503),
        Error::Transport(_) => !error.is_timeout() && error.attempts() == 3,
        _ => false,
    }
}

#[test]
fn twenty_thousand_calls_of_sixteen_threads_get_right_answers_or_right_errors() {
    let emulator = Emulator::start().unwrap();
    emulator.create_bucket(BUCKET);
    emulator.create_table_bucket(&arn());
    let (keys, oss, tables) = (emulator.credentials().clone(), emulator.oss(), emulator.oss_tables());
    let setting = oss::BucketEncryption::kms().with_kms_master_key_id("key-id");
    oss::put_bucket_encryption(&keys, &oss, BUCKET, &setting).unwrap();
    let files = open_files();

    let faults = [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Drop,
        Fault::Cut,
        Fault::Delay(Duration::from_millis(5)),
        Fault::Status(403),
        Fault::Redirect { status: 307, location: "http://127.0.0.1:9/".to_owned() },
    ];
    let (failed, next) = (AtomicU32::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= CALLS {
                        break;
                    }
                    if number % 50 == 0 {
                        emulator.fail_next(1, faults[number / 50 % faults.len()].clone());
                    }
                    let result = if number % 4 == 0 {
                        oss_tables::get_table_bucket_encryption(&keys, &tables, &arn()).map(|read| read.is_none())
                    } else {
                        oss::get_bucket_encryption(&keys, &oss, BUCKET).map(|read| read.as_ref() == Some(&setting))
                    };
                    match result {
                        Ok(is_right) => assert!(is_right, "call {number}"),
                        Err(error) if error.is_wrong_endpoint() => drop(failed.fetch_add(1, Ordering::Relaxed)),
                        Err(error) => {
                            assert!(is_right(&error), "call {number}: {error:?}");
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    // Two faults of seven are final, and few of the others are met three times in a row.
    let failed = failed.into_inner();
    assert!((50..200).contains(&failed), "{failed} calls failed");
    // Each thread's connection, and one for each that a fault closed: the others are kept.
    let connections = emulator.connections();
    assert!(connections < 800, "{connections} connections for {CALLS} calls");
    if let (Some(before), Some(after)) = (files, open_files()) {
        // Both ends of each kept connection are in this process.
        assert!(after <= before + 2 * THREADS + 8, "{before} files were open before, and {after} are now");
    }
}

/// What an async program's executor does with a future that never waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

#[test]
fn a_call_inside_an_async_programs_thread_is_a_call() {
    let emulator = Emulator::start().unwrap();
    emulator.create_bucket(BUCKET);
    let (keys, endpoint) = (emulator.credentials().clone(), emulator.oss());
    let read = block_on(async {
        let inner = async { oss::get_bucket_encryption(&keys, &endpoint, BUCKET) };
        inner.await
    });
    assert_eq!(read.unwrap(), None);
}
