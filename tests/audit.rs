//! Audits over the wire: what is found, in which order, how many calls at once, and what failures become.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bucket_encryption::audit::{Ask, Finding, Options, Order, Policy, Setting, Target, Verdict, audit};
use bucket_encryption::{
    Addressing, Credentials, Emulator, Endpoint, Error, Fault, Result, TableBucketArn, obs, oss, oss_tables,
};

/// What the service of these tests answers, by the bucket's name.
type Answer = fn(bucket: &str, nth: usize, head: &str) -> (u16, String);

/// A service on loopback that counts.
struct Service {
    url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    log: Mutex<Log>,
    changed: Condvar,
}

#[derive(Default)]
struct Log {
    /// Bucket and time of each request.
    requests: Vec<(String, Instant)>,
    under_way: usize,
    most_at_once: usize,
    /// Requests are held back until so many are under way at once, or a while has passed.
    gathering: usize,
}

impl Service {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), Arc::clone(&shared));
                thread::spawn(move || seen.serve(stream, answer));
            }
        });
        Self { url, seen }
    }

    fn oss(&self, region: &str) -> Endpoint {
        let endpoint = Endpoint::oss(region).unwrap().with_url(&self.url).unwrap();
        endpoint.with_addressing(Addressing::Path).with_max_attempts(1)
    }

    fn buckets(&self, count: usize) -> Vec<Target> {
        (0..count).map(|number| Target::oss_bucket(self.oss("cn-hangzhou"), format!("bucket-{number}"))).collect()
    }

    fn requests(&self) -> Vec<(String, Instant)> {
        self.seen.log.lock().unwrap().requests.clone()
    }

    fn most_at_once(&self) -> usize {
        self.seen.log.lock().unwrap().most_at_once
    }
}

impl Seen {
    fn serve(&self, mut stream: TcpStream, answer: Answer) {
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or_default() == 0 {
                return;
            }
        }
        let bucket = head.split('/').nth(1).unwrap_or_default().to_owned();
        let mut log = self.log.lock().unwrap();
        log.requests.push((bucket.clone(), Instant::now()));
        log.under_way += 1;
        log.most_at_once = log.most_at_once.max(log.under_way);
        let nth = log.requests.iter().filter(|(earlier, _)| *earlier == bucket).count();
        self.changed.notify_all();
        let wait = |log: &mut Log| log.most_at_once < log.gathering;
        let (mut log, _) = self.changed.wait_timeout_while(log, Duration::from_millis(30), wait).unwrap();
        log.under_way -= 1;
        drop(log);
        let (status, body) = answer(&bucket, nth, &head);
        let _ =
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    }
}

fn kms(_: &str, _: usize, _: &str) -> (u16, String) {
    (200, oss::BucketEncryption::kms().to_xml())
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
}

fn key() -> Credentials {
    Credentials::new("id", "the secret").unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "as audit calls it")]
fn keys(_: &Ask<'_>) -> Result<Credentials> {
    Ok(key())
}

fn is_compliant(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Compliant(_))
}

fn error(finding: Finding) -> Error {
    match finding.verdict {
        Verdict::Unknown(error) => error,
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn every_kind_of_target_is_read_and_judged() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.credentials().clone();
    let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse().unwrap();
    emulator.create_bucket("mine");
    emulator.create_table_bucket(&arn);
    emulator.create_table(&arn, "ns", "t");
    let alibaba_has = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86");
    let huawei_has = obs::BucketEncryption::kms();
    oss::put_bucket_encryption(&key, &emulator.oss(), "mine", &alibaba_has).unwrap();
    obs::put_bucket_encryption(&key, &emulator.obs(), "mine", &huawei_has).unwrap();

    let targets = [
        Target::oss_bucket(emulator.oss(), "mine"),
        Target::obs_bucket(emulator.obs(), "mine"),
        Target::table_bucket(emulator.oss_tables(), arn.clone()),
        Target::table(emulator.oss_tables(), arn.clone(), "ns", "t"),
        Target::oss_bucket(emulator.oss(), "missing"),
        Target::table(emulator.oss_tables(), arn, "ns", "missing"),
        // Another service's endpoint: refused before it is sent, and no answer either.
        Target::oss_bucket(emulator.obs(), "mine"),
    ];
    let findings: Vec<_> = audit(targets, move |_| Ok(key.clone()), &Options::new(Policy::Kms)).collect();
    let verdicts: Vec<_> = findings
        .iter()
        .map(|finding| match &finding.verdict {
            Verdict::Compliant(setting) => setting.to_string(),
            Verdict::NotCompliant { reason, .. } => reason.clone(),
            Verdict::Unknown(error) => format!("unknown {}", error.code().unwrap_or("input")),
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            "KMS, key 9468da86",
            "KMS",
            "nothing is configured, and KMS is asked for",
            "a key of the service, data AES256, and KMS is asked for",
            "unknown NoSuchBucket",
            "unknown NotFoundException",
            "unknown input",
        ]
    );
    let table = findings[3].verdict.setting();
    assert_eq!(table, Some(&Setting::OssTables(oss_tables::TableEncryption::aes256())));
}

/// The answers take their time, the later ones less.
fn later_ones_first(bucket: &str, _: usize, _: &str) -> (u16, String) {
    let number: u64 = bucket.rsplit('-').next().unwrap().parse().unwrap();
    thread::sleep(Duration::from_millis(40 - number % 8 * 5));
    kms("", 0, "")
}

#[test]
fn findings_come_once_each_in_the_order_of_the_targets() {
    let service = Service::start(later_ones_first);
    let findings: Vec<_> = audit(service.buckets(100), keys, &Options::new(Policy::Any)).collect();
    assert!(findings.iter().all(is_compliant));
    for (place, finding) in findings.iter().enumerate() {
        assert_eq!((finding.index, finding.target.to_string()), (place, format!("oss://cn-hangzhou/bucket-{place}")));
    }
    assert_eq!(findings.len(), 100);
    assert_eq!(service.requests().len(), 100);
}

#[test]
fn findings_come_as_they_arrive_where_that_is_asked_for() {
    let service = Service::start(later_ones_first);
    let options = Options::new(Policy::Any).with_order(Order::Arrival);
    let mut indexes: Vec<_> = audit(service.buckets(100), keys, &options).map(|finding| finding.index).collect();
    assert!(!indexes.is_sorted(), "{indexes:?}");
    indexes.sort_unstable();
    assert_eq!(indexes, (0..100).collect::<Vec<_>>());
}

#[test]
fn no_targets_give_no_findings() {
    let mut findings = audit([], keys, &Options::new(Policy::Any));
    assert!(findings.next().is_none());
    assert!(findings.next().is_none());
}

#[test]
fn no_more_calls_are_under_way_than_a_region_may_have() {
    let service = Service::start(kms);
    service.seen.log.lock().unwrap().gathering = 4;
    let options = Options::new(Policy::Any).with_threads(12).with_calls_per_endpoint(3);
    assert_eq!(audit(service.buckets(60), keys, &options).filter(is_compliant).count(), 60);
    assert_eq!(service.most_at_once(), 3, "all buckets of the region together");

    // Two regions have as many each.
    let service = Service::start(kms);
    service.seen.log.lock().unwrap().gathering = 7;
    let regions = ["cn-hangzhou", "cn-beijing"].map(|region| service.oss(region));
    let targets: Vec<_> =
        (0..60).map(|number| Target::oss_bucket(regions[number / 30].clone(), format!("bucket-{number}"))).collect();
    assert_eq!(audit(targets, keys, &options).filter(is_compliant).count(), 60);
    assert_eq!(service.most_at_once(), 6);

    // And the threads are a limit of their own.
    let service = Service::start(kms);
    service.seen.log.lock().unwrap().gathering = 3;
    let options = Options::new(Policy::Any).with_threads(2);
    assert_eq!(audit(service.buckets(20), keys, &options).filter(is_compliant).count(), 20);
    assert_eq!(service.most_at_once(), 2);
}

const PAUSE: Duration = Duration::from_millis(300);

/// Throttles the second bucket twice.
fn throttles(bucket: &str, nth: usize, _: &str) -> (u16, String) {
    match (bucket, nth) {
        ("bucket-1", 1 | 2) => refusal(503, "MetaOperationQpsLimitExceeded"),
        _ => kms("", 0, ""),
    }
}

#[test]
fn a_throttled_region_pauses_and_is_tried_again() {
    let service = Service::start(throttles);
    let options = Options::new(Policy::Any).with_calls_per_endpoint(1).with_throttle_pause(PAUSE);
    let findings: Vec<_> = audit(service.buckets(6), keys, &options).collect();
    assert!(findings.iter().all(is_compliant), "{findings:?}");

    let requests = service.requests();
    let names: Vec<_> = requests.iter().map(|(bucket, _)| bucket.as_str()).collect();
    let expected = ["0", "1", "1", "1", "2", "3", "4", "5"].map(|number| format!("bucket-{number}"));
    assert_eq!(names, expected, "the throttled one comes before those behind it");
    for pair in requests.windows(2).skip(1).take(2) {
        assert!(pair[1].1 - pair[0].1 >= PAUSE, "{:?}", pair[1].1 - pair[0].1);
    }
}

#[test]
fn other_regions_go_on_while_one_pauses() {
    let service = Service::start(throttles);
    let (throttled, other) = (service.oss("cn-hangzhou"), service.oss("cn-beijing"));
    let mut targets = vec![Target::oss_bucket(throttled, "bucket-1")];
    targets.extend((10..40).map(|number| Target::oss_bucket(other.clone(), format!("bucket-{number}"))));
    let options = Options::new(Policy::Any).with_threads(2).with_order(Order::Arrival).with_throttle_pause(PAUSE);
    let findings: Vec<_> = audit(targets, keys, &options).collect();
    assert!(findings.iter().all(is_compliant));
    assert_eq!(findings.last().map(|finding| finding.index), Some(0), "the throttled one is the last");
}

#[test]
fn what_stays_throttled_is_unknown() {
    let service = Service::start(|_, _, _| refusal(429, "TooManyRequests"));
    let options = Options::new(Policy::Any).with_throttle_pause(Duration::from_millis(10)).with_throttle_retries(2);
    let findings: Vec<_> = audit(service.buckets(3), keys, &options).collect();
    assert_eq!(findings.len(), 3);
    for finding in findings {
        assert!(error(finding).is_throttled());
    }
    let mut counts = HashMap::new();
    service.requests().iter().for_each(|(bucket, _)| *counts.entry(bucket.clone()).or_insert(0) += 1);
    assert!(counts.len() == 3 && counts.values().all(|count| *count == 3), "{counts:?}");
}

/// Knows the key "new" only.
fn expires(_: &str, _: usize, head: &str) -> (u16, String) {
    if head.contains("Credential=new/") { kms("", 0, "") } else { refusal(403, "SecurityTokenExpired") }
}

#[test]
fn the_keys_are_asked_for_before_each_call_and_once_more_when_they_have_expired() {
    let service = Service::start(expires);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let keys = move |ask: &Ask<'_>| {
        log.lock().unwrap().push((ask.target().to_string(), ask.expired().is_some()));
        Credentials::new(if ask.expired().is_some() { "new" } else { "old" }, "the secret")
    };
    let findings = audit(service.buckets(3), keys, &Options::new(Policy::Any).with_threads(1));
    assert!(findings.map(|finding| is_compliant(&finding)).eq([true; 3]));
    let expected: Vec<_> = (0..3)
        .flat_map(|number| [false, true].map(|again| (format!("oss://cn-hangzhou/bucket-{number}"), again)))
        .collect();
    assert_eq!(*asked.lock().unwrap(), expected);
}

#[test]
fn keys_that_stay_expired_make_the_target_unknown() {
    let service = Service::start(expires);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let keys = move |_: &Ask<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(key())
    };
    let finding = audit(service.buckets(1), keys, &Options::new(Policy::Any)).next().unwrap();
    assert!(error(finding).is_expired());
    assert_eq!((asked.load(Ordering::Relaxed), service.requests().len()), (2, 2));
}

#[test]
fn keys_that_fail_or_panic_make_their_target_unknown_and_no_other() {
    let service = Service::start(kms);
    let keys = |ask: &Ask<'_>| match ask.target().to_string() {
        name if name.ends_with("-1") => Credentials::new("", ""),
        name if name.ends_with("-2") => panic!("no key for {name}"),
        _ => Ok(key()),
    };
    let mut findings: Vec<_> = audit(service.buckets(20), keys, &Options::new(Policy::Any)).collect();
    assert_eq!(findings.iter().filter(|finding| is_compliant(finding)).count(), 18);
    let panicked = error(findings.remove(2));
    assert!(matches!(panicked, Error::Transport(_)));
    assert!(format!("{panicked:?}").ends_with("panicked: no key for oss://cn-hangzhou/bucket-2"), "{panicked:?}");
    assert!(matches!(error(findings.remove(1)), Error::Input(_)));
    assert_eq!(service.requests().len(), 18);
}

#[test]
fn a_failure_is_never_an_answer() {
    let service = Service::start(|bucket, _, _| match bucket.rsplit('-').next().unwrap() {
        "0" => refusal(403, "AccessDenied"),
        "1" => refusal(404, "NoSuchBucket"),
        "2" => (200, String::new()),
        "3" => (200, "<html>welcome</html>".to_owned()),
        "4" => (204, String::new()),
        "5" => (302, String::new()),
        "6" => (500, String::new()),
        _ => refusal(404, "NoSuchServerSideEncryptionRule"),
    });
    let mut targets = service.buckets(7);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let nobody = service.oss("cn-hangzhou").with_url(&format!("http://{closed}")).unwrap();
    targets.push(Target::oss_bucket(nobody, "bucket-0"));
    for finding in audit(targets, keys, &Options::new(Policy::Any)) {
        let number = finding.index;
        assert!(matches!(finding.verdict, Verdict::Unknown(_)), "{number}: {:?}", finding.verdict);
    }
    // And a clear no is one.
    let target = Target::oss_bucket(service.oss("cn-hangzhou"), "bucket-9");
    let finding = audit([target], keys, &Options::new(Policy::Any)).next().unwrap();
    assert!(matches!(finding.verdict, Verdict::NotCompliant { setting: None, .. }), "{finding:?}");
}

#[test]
fn it_stops_when_the_findings_are_dropped() {
    let service = Service::start(kms);
    let endpoint = service.oss("cn-hangzhou");
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    // Targets without an end.
    let targets = std::iter::repeat_with(move || {
        let number = count.fetch_add(1, Ordering::Relaxed);
        Target::oss_bucket(endpoint.clone(), format!("bucket-{number}"))
    });
    let mut findings = audit(targets, keys, &Options::new(Policy::Any).with_threads(4));
    assert!(findings.by_ref().take(10).all(|finding| is_compliant(&finding)));
    drop(findings);
    // The threads end, and let go of the iterator.
    let patience = Instant::now() + Duration::from_secs(10);
    while Arc::strong_count(&taken) > 1 {
        assert!(Instant::now() < patience, "the threads did not end");
        thread::sleep(Duration::from_millis(5));
    }
    let requests = service.requests().len();
    assert!(requests <= 10 + 4 * 16 + 4, "{requests}");
}

#[test]
fn a_slow_consumer_holds_up_the_taking_of_targets() {
    let service = Service::start(kms);
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let targets: Vec<_> = service.buckets(500);
    let targets = targets.into_iter().inspect(move |_| _ = count.fetch_add(1, Ordering::Relaxed));
    let mut findings = audit(targets, keys, &Options::new(Policy::Any).with_threads(2));
    // Nothing is taken out for a while, and no more are taken than two threads may have.
    let patience = Instant::now() + Duration::from_secs(10);
    while taken.load(Ordering::Relaxed) < 2 * 16 {
        assert!(Instant::now() < patience, "too few targets are taken");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    assert_eq!(taken.load(Ordering::Relaxed), 2 * 16);
    for out in 1..=100 {
        assert!(is_compliant(&findings.next().unwrap()));
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken <= out + 2 * 16, "{taken} targets are taken and {out} findings taken out");
    }
    assert_eq!(findings.count(), 400);
}

#[test]
fn a_panic_of_the_targets_comes_out_after_the_findings() {
    let service = Service::start(kms);
    let buckets = service.buckets(10);
    let targets = (0..).map(move |number: usize| buckets.get(number).expect("no further target").clone());
    let mut findings = audit(targets, keys, &Options::new(Policy::Any));
    assert!((0..10).all(|_| is_compliant(&findings.next().unwrap())));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| findings.next().is_some())).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("no further target"));
    assert!(findings.next().is_none());
}

#[test]
fn lost_connections_are_made_up_for_by_the_endpoint() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.credentials().clone();
    let targets: Vec<_> = (0..20).map(|number| format!("bucket-{number}")).collect();
    for bucket in &targets {
        emulator.create_bucket(bucket);
    }
    emulator.fail_next(2, Fault::Drop);
    let targets: Vec<_> = targets.iter().map(|bucket| Target::oss_bucket(emulator.oss(), bucket.as_str())).collect();
    let findings = audit(targets, move |_| Ok(key.clone()), &Options::new(Policy::Any));
    assert!(findings.map(|finding| finding.verdict).all(|verdict| matches!(verdict, Verdict::NotCompliant { .. })));
}
