//! Ensuring a setting over the wire: what is read, what is written, and what is left as it is.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use bucket_encryption::{
    Addressing, Credentials, Emulator, Endpoint, Ensured, Error, TableBucketArn, obs, oss, oss_tables,
};

const BUCKET: &str = "release-bucket";

fn start() -> Emulator {
    let emulator = Emulator::start().unwrap();
    emulator.create_bucket(BUCKET);
    emulator
}

/// How many requests the emulator gets from this.
fn counted<T>(emulator: &Emulator, call: impl FnOnce() -> T) -> (T, u64) {
    let before = emulator.requests();
    let result = call();
    (result, emulator.requests() - before)
}

#[test]
fn oss_is_written_once_and_then_left_alone() {
    let emulator = start();
    let (key, endpoint) = (emulator.credentials(), emulator.oss());
    let wanted = oss::BucketEncryption::kms();
    let ensure = |wanted: &oss::BucketEncryption<'_>| {
        counted(&emulator, || oss::ensure_bucket_encryption(key, &endpoint, BUCKET, wanted).unwrap())
    };

    let (ensured, requests) = ensure(&wanted);
    assert_eq!(ensured, Ensured::Changed { from: None, to: wanted.clone() });
    assert_eq!(requests, 3, "a read, a write and a read");

    let (ensured, requests) = ensure(&oss::BucketEncryption::new("aws:kms").with_kms_data_encryption("AES256"));
    assert_eq!(ensured, Ensured::Unchanged(wanted.clone()));
    assert_eq!(requests, 1, "a read");

    let with_key = wanted.clone().with_kms_master_key_id("9468da86");
    let (ensured, requests) = ensure(&with_key);
    assert_eq!(ensured.to_string(), "changed from KMS to KMS, key 9468da86");
    assert_eq!((ensured.into_setting(), requests), (with_key, 3));
}

#[test]
fn oss_keeps_what_the_customer_has_set() {
    let emulator = start();
    let (key, endpoint) = (emulator.credentials(), emulator.oss());
    let theirs = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86").with_kms_data_encryption("SM4");
    oss::put_bucket_encryption(key, &endpoint, BUCKET, &theirs).unwrap();

    let kms = oss::ensure_bucket_encryption(key, &endpoint, BUCKET, &oss::BucketEncryption::kms()).unwrap();
    assert_eq!(kms, Ensured::Unchanged(theirs.clone()));

    let aes256 = || oss::ensure_bucket_encryption(key, &endpoint, BUCKET, &oss::BucketEncryption::aes256());
    let (refused, requests) = counted(&emulator, aes256);
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::Input(_)), "{refused}");
    assert!(refused.to_string().contains("take away what is set, KMS, key 9468da86, data SM4"), "{refused}");
    assert_eq!(requests, 1, "a read");
    assert_eq!(oss::get_bucket_encryption(key, &endpoint, BUCKET).unwrap(), Some(theirs));
}

#[test]
fn a_plan_tells_and_changes_nothing() {
    let emulator = start();
    let (key, endpoint) = (emulator.credentials(), emulator.oss());
    let wanted = oss::BucketEncryption::aes256();
    let plan = || oss::plan_bucket_encryption(key, &endpoint, BUCKET, &wanted).unwrap();
    let (planned, requests) = counted(&emulator, plan);
    assert_eq!((&planned, requests), (&Ensured::Changed { from: None, to: wanted.clone() }, 1));
    assert_eq!(oss::get_bucket_encryption(key, &endpoint, BUCKET).unwrap(), None);

    assert_eq!(oss::ensure_bucket_encryption(key, &endpoint, BUCKET, &wanted).unwrap(), planned, "as planned");
    assert_eq!(plan(), Ensured::Unchanged(wanted.clone()));

    let obs_wanted = obs::BucketEncryption::kms();
    let planned = obs::plan_bucket_encryption(key, &emulator.obs(), BUCKET, &obs_wanted).unwrap();
    assert!(planned.is_changed());
    assert_eq!(obs::get_bucket_encryption(key, &emulator.obs(), BUCKET).unwrap(), None);
}

#[test]
fn what_cannot_be_set_is_refused_before_anything_is_sent() {
    let emulator = start();
    let (key, endpoint) = (emulator.credentials(), emulator.oss());
    let ((), requests) = counted(&emulator, || {
        for (bucket, wanted) in [("Bad", oss::BucketEncryption::aes256()), (BUCKET, oss::BucketEncryption::new(" "))] {
            let ensured = oss::ensure_bucket_encryption(key, &endpoint, bucket, &wanted).unwrap_err();
            let planned = oss::plan_bucket_encryption(key, &endpoint, bucket, &wanted).unwrap_err();
            assert!(matches!((&ensured, &planned), (Error::Input(_), Error::Input(_))), "{ensured} {planned}");
        }
    });
    assert_eq!(requests, 0);
}

#[test]
fn what_the_service_refuses_is_its_error() {
    let emulator = start();
    let (key, endpoint) = (emulator.credentials(), emulator.oss());
    let missing = oss::ensure_bucket_encryption(key, &endpoint, "no-such-bucket", &oss::BucketEncryption::aes256());
    assert!(missing.unwrap_err().is_not_found());
    // Only KMS takes a key: the write is refused, and the setting stays.
    let wanted = oss::BucketEncryption::aes256().with_kms_master_key_id("9468da86");
    let refused = oss::ensure_bucket_encryption(key, &endpoint, BUCKET, &wanted).unwrap_err();
    assert_eq!(refused.code(), Some("InvalidArgument"), "{refused}");
    assert_eq!(oss::get_bucket_encryption(key, &endpoint, BUCKET).unwrap(), None);
}

#[test]
fn obs_keeps_key_project_and_bucket_key() {
    let emulator = start();
    let (key, endpoint) = (emulator.credentials(), emulator.obs());
    let theirs = obs::BucketEncryption::kms()
        .with_kms_master_key_id("4f1cd4de-ab64-4807-920a-47fc42e7f0d0")
        .with_project_id("0a1b")
        .with_bucket_key_enabled(true);
    obs::put_bucket_encryption(key, &endpoint, BUCKET, &theirs).unwrap();

    let wanted = obs::BucketEncryption::kms().with_kms_data_encryption("SM4");
    let ensured = obs::ensure_bucket_encryption(key, &endpoint, BUCKET, &wanted).unwrap();
    let both = theirs.clone().with_kms_data_encryption("SM4");
    assert_eq!(ensured, Ensured::Changed { from: Some(theirs), to: both.clone() });
    assert_eq!(obs::get_bucket_encryption(key, &endpoint, BUCKET).unwrap(), Some(both));
}

#[test]
fn a_table_bucket_is_ensured() {
    let emulator = start();
    let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse().unwrap();
    emulator.create_table_bucket(&arn);
    let (key, endpoint) = (emulator.credentials(), emulator.oss_tables());
    let wanted = oss_tables::TableEncryption::aes256();

    let planned = oss_tables::plan_table_bucket_encryption(key, &endpoint, &arn, &wanted).unwrap();
    let ensured = oss_tables::ensure_table_bucket_encryption(key, &endpoint, &arn, &wanted).unwrap();
    assert_eq!(planned, ensured);
    assert_eq!(ensured, Ensured::Changed { from: None, to: wanted.clone() });
    let again = oss_tables::ensure_table_bucket_encryption(key, &endpoint, &arn, &wanted).unwrap();
    assert_eq!(again, Ensured::Unchanged(wanted));
}

/// A service that takes every put and answers gets with these algorithms, the last of which stays. Hands out the
/// methods of the requests.
fn slow_service(answers: &'static [&'static str]) -> (Endpoint, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (methods, received) = channel();
    std::thread::spawn(move || {
        let mut answers = answers.iter().peekable();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {
                let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                length = line.strip_prefix("content-length:").map_or(length, |value| value.trim().parse().unwrap());
            }
            reader.take(length).read_to_end(&mut Vec::new()).unwrap();
            let method = head.split(' ').next().unwrap_or_default().to_owned();
            let body = if method == "GET" {
                let algorithm = if answers.len() > 1 { answers.next() } else { answers.peek().copied() };
                oss::BucketEncryption::new(*algorithm.unwrap()).to_xml()
            } else {
                String::new()
            };
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
                .unwrap();
            if methods.send(method).is_err() {
                return;
            }
        }
    });
    let endpoint = Endpoint::oss("cn-hangzhou").unwrap().with_url(&url).unwrap();
    (endpoint.with_addressing(Addressing::Path), received)
}

#[test]
fn a_setting_that_takes_its_time_is_waited_for() {
    let (endpoint, methods) = slow_service(&["AES256", "AES256", "AES256", "KMS"]);
    let key = Credentials::new("id", "the secret").unwrap();
    let ensured = oss::ensure_bucket_encryption(&key, &endpoint, BUCKET, &oss::BucketEncryption::kms()).unwrap();
    assert_eq!(ensured.to_string(), "changed from AES256 to KMS");
    assert_eq!(methods.try_iter().collect::<Vec<_>>(), ["GET", "PUT", "GET", "GET", "GET"]);
}

#[test]
fn a_setting_that_does_not_come_is_not_settled() {
    let (endpoint, methods) = slow_service(&["AES256"]);
    let key = Credentials::new("id", "the secret").unwrap();
    let error = oss::ensure_bucket_encryption(&key, &endpoint, BUCKET, &oss::BucketEncryption::kms()).unwrap_err();
    let Error::NotSettled(found) = &error else { panic!("{error}") };
    assert_eq!((found.written(), found.found()), ("KMS", Some("AES256")));
    assert!(error.to_string().starts_with("PutBucketEncryption release-bucket at 127.0.0.1:"), "{error}");
    let methods: Vec<_> = methods.try_iter().collect();
    assert_eq!(methods.iter().filter(|method| *method == "PUT").count(), 1, "{methods:?}");
    assert_eq!(usize::try_from(error.attempts()).unwrap(), methods.len() - 1, "all but the first read");
}
