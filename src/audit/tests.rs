use std::time::Instant;

use super::*;
use crate::endpoint::Endpoint;
use crate::{oss, oss_tables};

#[test]
fn each_policy_knows_what_is_enough() {
    let keyed = |key: &'static str| Setting::Oss(oss::BucketEncryption::kms().with_kms_master_key_id(key));
    let policies = || {
        let keys = Policy::Keys(vec!["k1".to_owned(), " a:b:key/k2 ".to_owned()]);
        [Policy::Any, Policy::Kms, Policy::CustomerKey, keys]
    };
    // Which of them are met, in that order.
    for (setting, met) in [
        (None, [false, false, false, false]),
        (Some(Setting::Oss(oss::BucketEncryption::aes256())), [true, false, false, false]),
        (Some(Setting::Oss(oss::BucketEncryption::new("SM4"))), [true, false, false, false]),
        (Some(Setting::Oss(oss::BucketEncryption::new("Rot13"))), [true, false, false, false]),
        (Some(Setting::Oss(oss::BucketEncryption::kms())), [true, true, false, false]),
        (Some(keyed("k3")), [true, true, true, false]),
        (Some(keyed("k1")), [true, true, true, true]),
        (Some(keyed("k2")), [true, true, true, true]),
        (Some(keyed("c:d:key/k1")), [true, true, true, true]),
        (Some(keyed("c:d:key/k2")), [true, true, true, false]),
        (Some(Setting::OssTables(oss_tables::TableEncryption::aes256())), [true, false, false, false]),
        // A key without KMS is none.
        (Some(Setting::Oss(oss::BucketEncryption::aes256().with_kms_master_key_id("k1"))), [true, false, false, false]),
    ] {
        for (policy, met) in policies().into_iter().zip(met) {
            match Verdict::of(&policy, Ok(setting.clone())) {
                Verdict::Compliant(read) => assert!(met && Some(read) == setting, "{policy}: {setting:?}"),
                Verdict::NotCompliant { setting: read, reason } => {
                    assert!(!met && read == setting, "{policy}: {setting:?}");
                    assert!(reason.ends_with(&format!(", and {policy} is asked for")), "{reason}");
                }
                Verdict::Unknown(error) => panic!("{policy}: {setting:?}: {error}"),
            }
        }
    }
}

#[test]
fn no_policy_takes_a_failure_for_an_answer() {
    for policy in [Policy::Any, Policy::Kms, Policy::CustomerKey, Policy::Keys(Vec::new())] {
        assert!(matches!(Verdict::of(&policy, Err(Error::input("bucket", "no"))), Verdict::Unknown(_)), "{policy}");
    }
}

#[test]
fn an_empty_list_of_keys_is_met_by_none() {
    let setting = Setting::Oss(oss::BucketEncryption::kms().with_kms_master_key_id("k1"));
    assert!(Policy::Keys(Vec::new()).shortfall(&setting.protection()).is_some());
    assert!(Policy::Keys(vec![String::new()]).shortfall(&setting.protection()).is_some());
}

#[test]
fn targets_are_read_from_text_and_print_as_it() {
    let arn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket";
    for (text, address) in [
        ("oss://cn-hangzhou/release-bucket", "https://oss-cn-hangzhou.aliyuncs.com"),
        ("obs://cn-north-4/release.bucket", "https://obs.cn-north-4.myhuaweicloud.com"),
        (arn, "https://cn-hangzhou.oss-tables.aliyuncs.com"),
        (&format!("{arn}/table/my_namespace/my_table"), "https://cn-hangzhou.oss-tables.aliyuncs.com"),
        (&format!("{arn}/table/table/a/b"), "https://cn-hangzhou.oss-tables.aliyuncs.com"),
    ] {
        let target: Target = text.parse().unwrap();
        assert_eq!(target.to_string(), text);
        assert_eq!(target.endpoint().to_string(), address, "{text}");
    }
    assert_eq!("oss://cn-hangzhou/abc/".parse::<Target>().unwrap().to_string(), "oss://cn-hangzhou/abc");
}

#[test]
fn what_is_no_target_is_refused_with_the_form() {
    let arn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket";
    for (text, reason) in [
        ("", "the forms are oss://{region}/{bucket}"),
        ("release-bucket", "the forms are"),
        ("s3://cn-hangzhou/release-bucket", "the forms are"),
        ("OSS://cn-hangzhou/release-bucket", "the forms are"),
        ("oss://release-bucket", "the form is oss://{region}/{bucket}"),
        ("obs://release-bucket", "the form is obs://{region}/{bucket}"),
        ("oss://cn-hangzhou/", "3 to 63"),
        ("oss://cn-hangzhou/release-bucket/key", "holds '/'"),
        ("oss://cn-hangzhou/release.bucket", "holds '.'"),
        ("oss://oss-cn-hangzhou/release-bucket", "pass the region's id"),
        ("acs:oss:cn-hangzhou:1234567890:bucket/b", "`osstables`"),
        (&format!("{arn}/table/0a1b2c"), "names a table by its id"),
        (&format!("{arn}/table//t"), "namespace"),
        (&format!("{arn}/table/ns/"), "table"),
        (&format!("{arn}/ns/t"), "drop"),
    ] {
        let error = text.parse::<Target>().unwrap_err().to_string();
        assert!(error.contains(reason), "{text:?}: {error}");
    }
}

#[test]
fn places_are_regions_and_not_hosts() {
    let place = |text: &str| text.parse::<Target>().unwrap().place();
    let arn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket";
    assert_eq!(place("oss://cn-hangzhou/abc"), place("oss://cn-hangzhou/def"));
    assert_eq!(place(arn), place(&format!("{arn}/table/a/b")));
    assert_ne!(place("oss://cn-hangzhou/abc"), place("oss://cn-beijing/abc"));
    assert_ne!(place("oss://cn-hangzhou/abc"), place("obs://cn-hangzhou/abc"));
    assert_ne!(place("oss://cn-hangzhou/abc"), place(arn));
    let internal = Endpoint::oss("cn-hangzhou").unwrap().with_url("https://oss-cn-hangzhou-internal.aliyuncs.com");
    assert_eq!(Target::oss_bucket(internal.unwrap(), "abc").place(), place("oss://cn-hangzhou/abc"));
}

#[test]
fn options_are_kept_in_bounds() {
    let options =
        Options::new(Policy::Any).with_threads(0).with_calls_per_endpoint(0).with_throttle_pause(Duration::MAX);
    assert_eq!((options.threads, options.calls_per_endpoint), (1, 1));
    assert_eq!(options.throttle_pause, Duration::from_secs(3600));
    assert_eq!(Options::new(Policy::Any).with_threads(usize::MAX).threads, 256);
}

#[test]
fn without_a_thread_the_consumer_does_the_work() {
    let targets = ["oss://cn-hangzhou/aaa", "oss://cn-hangzhou/bbb"].map(|text| text.parse::<Target>().unwrap());
    let keys = |_: &Ask<'_>| Err(Error::input("keys", "none"));
    let pool = Pool::new(Box::new(targets.into_iter()), Box::new(keys), Options::new(Policy::Any));
    let findings = Findings { pool: Arc::new(pool), threads: 0 };
    let indexes: Vec<_> = findings.map(|finding| finding.index).collect();
    assert_eq!(indexes, [0, 1]);
}

/// Targets in some regions, each of which is refused before anything is sent.
fn refused(count: usize) -> impl Iterator<Item = Target> {
    let regions = ["r-1", "r-2", "r-3", "r-4", "r-5"].map(|region| Endpoint::obs(region).unwrap());
    (0..count).map(move |number| Target::oss_bucket(regions[number * number % 5].clone(), format!("bucket-{number}")))
}

/// Runs all, looks at the indexes, and waits for the threads to end while the findings are kept.
fn run_to_the_end(threads: usize, calls: usize, order: Order, count: usize, call: Duration) {
    let options = Options::new(Policy::Any).with_threads(threads).with_calls_per_endpoint(calls).with_order(order);
    let keys = move |_: &Ask<'_>| {
        thread::sleep(call);
        Credentials::new("id", "the secret")
    };
    let pool = Arc::new(Pool::new(Box::new(refused(count)), Box::new(keys), options));
    let work = |_| {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.work())
    };
    let workers: Vec<_> = (0..threads).map(work).collect();
    let mut indexes: Vec<_> = std::iter::from_fn(|| pool.next_finding(false)).map(|finding| finding.index).collect();
    assert!(order == Order::Arrival || indexes.is_sorted(), "{threads} threads");
    indexes.sort_unstable();
    assert!(indexes.into_iter().eq(0..count), "{threads} threads");
    let patience = Instant::now() + Duration::from_secs(10);
    while !workers.iter().all(thread::JoinHandle::is_finished) {
        assert!(Instant::now() < patience, "{threads} threads: some do not end");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn many_threads_lose_nothing_and_come_to_an_end() {
    for (threads, calls, order) in [
        (1, 1, Order::Targets),
        (2, 1, Order::Arrival),
        (16, 1, Order::Targets),
        (16, 3, Order::Arrival),
        (64, 64, Order::Targets),
    ] {
        run_to_the_end(threads, calls, order, 3000, Duration::ZERO);
    }
    // More threads than may call at once: those without work end with the last target.
    run_to_the_end(16, 1, Order::Targets, 20, Duration::from_millis(10));
}

#[test]
fn the_types_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Target>();
    check::<Finding>();
    check::<Findings>();
    check::<Options>();
    check::<Ask<'_>>();
}
