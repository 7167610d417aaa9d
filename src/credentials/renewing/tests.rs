use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use super::*;
use crate::error::Error;

/// Keys whose ids count the renewals, and which last so many seconds; zero is a failure.
fn counting(lasts: &'static [u64], clock: Arc<AtomicU64>) -> (RenewingCredentials, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let renewing = RenewingCredentials::new(move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        match lasts.get(number).copied().unwrap_or(3600) {
            0 => Err(Error::input("test", "hunter22 was refused")),
            seconds => {
                let expiry = at(clock.load(Ordering::SeqCst) + seconds);
                Ok(Credentials::new(format!("id-{number}"), "hunter22")?.with_expiry(expiry))
            }
        }
    });
    (renewing, count)
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn it_is_shared_between_threads_and_hides_the_key() {
    fn shareable<T: Clone + Send + Sync + 'static>(_: &T) {}
    let (renewing, count) = counting(&[], Arc::new(AtomicU64::new(4_000_000_000)));
    shareable(&renewing);
    assert_eq!(format!("{renewing:?}"), "RenewingCredentials { access_key_id: None, .. }");
    assert_eq!(count.load(Ordering::SeqCst), 0);
    assert_eq!(renewing.get().unwrap().access_key_id(), "id-0");
    assert_eq!(format!("{:?}", renewing.clone()), "RenewingCredentials { access_key_id: Some(\"id-0\"), .. }");
}

/// What a renewing value gives at each second, with keys that last so long.
#[test]
fn it_renews_when_it_is_due() {
    for (what, lasts, steps) in [
        (
            "five minutes before",
            &[3600, 3600][..],
            &[(0, Some(0)), (3299, Some(0)), (3300, Some(1)), (6599, Some(1)), (6600, Some(2))][..],
        ),
        (
            "half of a short life",
            &[60, 60],
            &[(0, Some(0)), (29, Some(0)), (30, Some(1)), (59, Some(1)), (60, Some(2))],
        ),
        ("after it ran out", &[3600], &[(0, Some(0)), (9999, Some(1))]),
        (
            "a failure is paused after",
            &[600, 0, 0],
            &[(0, Some(0)), (300, Some(0)), (309, Some(0)), (310, Some(0)), (319, Some(0)), (320, Some(3))],
        ),
        (
            "a failure after the end",
            &[600, 0, 0, 0],
            &[(0, Some(0)), (595, Some(0)), (600, None), (601, None), (602, Some(4))],
        ),
        ("a failure at first", &[0, 60], &[(0, None), (0, Some(1))]),
    ] {
        let clock = Arc::new(AtomicU64::new(0));
        let (renewing, _) = counting(lasts, clock.clone());
        for (second, expected) in steps {
            clock.store(*second, Ordering::SeqCst);
            let got = renewing.get_at(&|| at(clock.load(Ordering::SeqCst)));
            let id = got.ok().map(|key| key.access_key_id().to_owned());
            assert_eq!(id, expected.map(|number| format!("id-{number}")), "{what}, second {second}");
        }
    }
}

#[test]
fn a_key_without_an_expiry_is_kept() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let renewing = RenewingCredentials::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Credentials::new("id", "secret")
    });
    for second in [0, 1, 4_000_000_000] {
        renewing.get_at(&|| at(second)).unwrap();
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn sixteen_threads_renew_once() {
    for round in 0..20 {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let renewing = RenewingCredentials::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            Ok(Credentials::new("id", "secret")?.with_expiry(SystemTime::now() + Duration::from_secs(3600)))
        });
        let start = Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(renewing.clone().get().unwrap().access_key_id(), "id");
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1, "round {round}");
    }
}

#[test]
fn the_old_key_is_used_while_another_thread_renews() {
    let (asked, wait) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (in_asked, in_wait) = (asked.clone(), wait.clone());
    let count = AtomicUsize::new(0);
    let renewing = RenewingCredentials::new(move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        if number == 1 {
            in_asked.wait();
            in_wait.wait();
        }
        Ok(Credentials::new(format!("id-{number}"), "secret")?.with_expiry(at(600 * (number as u64 + 1))))
    });
    assert_eq!(renewing.get_at(&|| at(0)).unwrap().access_key_id(), "id-0");
    std::thread::scope(|scope| {
        let renews = scope.spawn(|| renewing.get_at(&|| at(400)).unwrap());
        asked.wait();
        assert_eq!(renewing.get_at(&|| at(400)).unwrap().access_key_id(), "id-0");
        wait.wait();
        assert_eq!(renews.join().unwrap().access_key_id(), "id-1");
    });
    assert_eq!(renewing.get_at(&|| at(400)).unwrap().access_key_id(), "id-1");
}

#[test]
fn a_source_that_panics_is_asked_again() {
    let count = AtomicUsize::new(0);
    let renewing = RenewingCredentials::new(move || {
        assert!(count.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
        Credentials::new("id", "secret")
    });
    let shared = renewing.clone();
    assert!(std::thread::spawn(move || shared.get().is_ok()).join().is_err());
    assert_eq!(renewing.get().unwrap().access_key_id(), "id");
}
