//! What holds for every name, every setting and every signature, tried on thousands of random ones.

#[path = "../fuzz/checks.rs"]
mod checks;

use std::collections::HashSet;
use std::time::{Duration, UNIX_EPOCH};

use bucket_encryption::{
    Addressing, Credentials, Endpoint, Request, SignatureVersion, SseAlgorithm, TableBucketArn, obs, oss, oss_tables,
};
use sha2::{Digest as _, Sha256};

/// A generator that gives the same numbers every time (xorshift64*).
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end
    }

    /// A text of these pieces.
    fn text(&mut self, pieces: &[&str], longest: usize) -> String {
        (0..self.below(longest + 1)).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}

/// What could lead a request elsewhere, between what names are made of.
const NASTY: [&str; 36] = [
    "a",
    "b",
    "z",
    "0",
    "9",
    "-",
    ".",
    "/",
    "\\",
    "@",
    ":",
    "?",
    "#",
    "%",
    "%2e",
    "%2F",
    "..",
    "//",
    "http://",
    "[",
    "]",
    "_",
    "+",
    "&",
    "=",
    " ",
    "\t",
    "\n",
    "\0",
    "A",
    "é",
    "。",
    "．",
    "evil.example",
    "\u{202e}",
    "xn--",
];

/// What XML and JSON have to escape, between ordinary text.
const ESCAPED: [&str; 24] = [
    "a", "B", "7", "<", ">", "&", "\"", "'", "]]>", "<!--", "\r", "\n", "\t", " ", "é", "密", "😀", "\u{a0}", "\u{85}",
    "\u{7f}", "\u{fffd}", "&amp;", "&#13;", "\\u0041",
];

#[test]
fn an_accepted_name_can_only_lead_to_the_endpoint() {
    let mut random = Random::new();
    let mut accepted = [0; 4];
    let oss = Endpoint::oss("cn-hangzhou").unwrap();
    let obs = Endpoint::obs("cn-north-4").unwrap();
    for _ in 0..20_000 {
        let pieces = if random.below(3) == 0 { &NASTY[..] } else { &NASTY[..7] };
        let name = random.text(pieces, 12);
        for (endpoint, segments) in [(oss.clone(), 1), (oss.clone().with_addressing(Addressing::Path), 2)] {
            if let Ok(request) = oss::get_bucket_encryption_request(&endpoint, &name) {
                checks::check_request(&request, &endpoint, segments);
                accepted[0] += 1;
            }
        }
        let endpoint = obs.clone().with_addressing(Addressing::Path);
        if let Ok(request) = obs::delete_bucket_encryption_request(&endpoint, &name) {
            checks::check_request(&request, &endpoint, 2);
            accepted[1] += 1;
        }
        if let Ok(request) = obs::delete_bucket_encryption_request(&obs, &name) {
            // OBS buckets may hold dots, so there may be several labels before the endpoint.
            let host = request.url().strip_prefix("https://").unwrap().split('/').next().unwrap();
            assert_eq!(host, format!("{name}.obs.cn-north-4.myhuaweicloud.com"));
        }
        if let Ok(endpoint) = Endpoint::oss(&name) {
            assert_eq!(endpoint.to_string(), format!("https://oss-{name}.aliyuncs.com"));
            assert!(!name.contains(['.', '/', '@', ':', '%']), "{name:?}");
            accepted[2] += 1;
        }
        if let Ok(arn) = TableBucketArn::new("cn-hangzhou", &name, "abc") {
            assert!(name.bytes().all(|byte| byte.is_ascii_digit()), "{name:?}");
            assert_eq!(arn.to_string().parse::<TableBucketArn>().unwrap(), arn);
            accepted[3] += 1;
        }
    }
    assert!(accepted.iter().all(|count| *count > 50), "{accepted:?}");
}

#[test]
fn an_accepted_namespace_or_table_is_one_segment() {
    let mut random = Random::new();
    let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "examplebucket").unwrap();
    let virtual_hosted = Endpoint::oss_tables("cn-hangzhou").unwrap();
    let mut accepted = 0;
    for _ in 0..5000 {
        let (namespace, table) = (random.text(&NASTY, 8), random.text(&NASTY, 8));
        for endpoint in [virtual_hosted.clone(), virtual_hosted.clone().with_addressing(Addressing::Path)] {
            let Ok(request) = oss_tables::get_table_encryption_request(&endpoint, &arn, &namespace, &table) else {
                assert!(
                    [&namespace, &table]
                        .iter()
                        .any(|name| matches!(name.as_str(), "" | "." | "..") || name.contains(char::is_control)),
                    "{namespace:?} {table:?} is refused"
                );
                continue;
            };
            checks::check_request(&request, &endpoint, 5);
            let path = request.url().splitn(4, '/').nth(3).unwrap();
            let segments: Vec<_> =
                path.split('/').map(|part| percent_encoding::percent_decode_str(part).decode_utf8().unwrap()).collect();
            assert_eq!(segments, ["tables", &arn.to_string(), &namespace, &table, "encryption"]);
            accepted += 1;
        }
    }
    assert!(accepted > 1000, "{accepted}");
}

#[test]
fn an_accepted_address_is_the_one_that_is_asked() {
    let mut random = Random::new();
    let mut accepted = 0;
    for _ in 0..20_000 {
        let scheme = ["https://", "http://", "HTTP://", ""][random.below(4)];
        let pieces = if random.below(2) == 0 { &NASTY[..] } else { &NASTY[..7] };
        let url = format!("{scheme}{}{}", random.text(pieces, 6), ["", ":80", ":65535", ":0", "."][random.below(5)]);
        checks::url(url.as_bytes());
        accepted += usize::from(Endpoint::oss("a-b").unwrap().with_url(&url).is_ok());
    }
    assert!(accepted > 500, "{accepted}");
}

#[test]
fn what_a_put_takes_is_read_back_equal() {
    let mut random = Random::new();
    let (oss, obs) = (Endpoint::oss("cn-hangzhou").unwrap(), Endpoint::obs("cn-north-4").unwrap());
    let tables = Endpoint::oss_tables("cn-hangzhou").unwrap();
    let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "examplebucket").unwrap();
    let mut taken = [0; 3];
    for _ in 0..5000 {
        let algorithm = match random.below(4) {
            0 => SseAlgorithm::Aes256,
            1 => SseAlgorithm::Kms,
            2 => SseAlgorithm::Sm4,
            _ => SseAlgorithm::from(random.text(&ESCAPED, 4).trim().to_owned()),
        };
        // A reader trims, so that is what goes in.
        let text = random.text(&ESCAPED, 8).trim().to_owned();
        let setting = oss::BucketEncryption::new(algorithm.clone()).with_kms_master_key_id(text.clone());
        if oss::put_bucket_encryption_request(&oss, "examplebucket", &setting).is_ok() {
            let read = oss::BucketEncryption::from_xml(&setting.to_xml()).unwrap().unwrap().into_owned();
            assert_eq!(read.sse_algorithm, setting.sse_algorithm);
            assert_eq!(read.kms_master_key_id.as_deref().unwrap_or_default(), text);
            checks::oss_xml(setting.to_xml().as_bytes());
            taken[0] += 1;
        }
        let setting = obs::BucketEncryption::new(algorithm.clone()).with_project_id(text.clone());
        if obs::put_bucket_encryption_request(&obs, "examplebucket", &setting).is_ok() {
            let read = obs::BucketEncryption::from_xml(&setting.to_xml()).unwrap().unwrap().into_owned();
            assert_eq!(read.project_id.as_deref().unwrap_or_default(), text);
            taken[1] += 1;
        }
        let setting = oss_tables::TableEncryption::new(algorithm).with_kms_key_arn(text.clone());
        if oss_tables::put_table_bucket_encryption_request(&tables, &arn, &setting).is_ok() {
            let read = oss_tables::TableEncryption::from_json(&setting.to_json()).unwrap().unwrap().into_owned();
            assert_eq!(read.kms_key_arn.as_deref().unwrap_or_default(), text);
            taken[2] += 1;
        }
    }
    assert!(taken.iter().all(|count| *count > 1000), "{taken:?}");
}

/// The requests of all three services and both versions, for a bucket.
fn requests(bucket: &str) -> Vec<Request> {
    let oss = Endpoint::oss("cn-hangzhou").unwrap();
    let v1 = oss.clone().with_signature_version(SignatureVersion::V1);
    let (tables, obs) = (Endpoint::oss_tables("cn-hangzhou").unwrap(), Endpoint::obs("cn-north-4").unwrap());
    let arn = TableBucketArn::new("cn-hangzhou", "1234567890", bucket).unwrap();
    vec![
        oss::get_bucket_encryption_request(&oss, bucket).unwrap(),
        oss::delete_bucket_encryption_request(&oss, bucket).unwrap(),
        oss::get_bucket_encryption_request(&v1, bucket).unwrap(),
        obs::get_bucket_encryption_request(&obs, bucket).unwrap(),
        obs::put_bucket_encryption_request(&obs, bucket, &obs::BucketEncryption::aes256()).unwrap(),
        oss_tables::get_table_bucket_encryption_request(&tables, &arn).unwrap(),
        oss_tables::get_table_encryption_request(&tables, &arn, bucket, bucket).unwrap(),
    ]
}

#[test]
fn every_signature_has_its_stages() {
    let mut random = Random::new();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    for _ in 0..200 {
        let secret = format!("s{}s", random.text(&["a", "Z", "9", "+", "/", "é", " "], 30));
        let bucket = format!("ab{}z", random.text(&["b", "0", "-"], 20));
        let at = UNIX_EPOCH + Duration::from_secs(u64::try_from(random.below(2_000_000_000)).unwrap());
        let plain = Credentials::new("AKID", secret).unwrap();
        let keys = if random.below(2) == 0 { plain.clone() } else { plain.with_security_token("to+ken/==").unwrap() };
        for request in requests(&bucket) {
            let signed = request.sign(&keys, at).unwrap();
            let again = request.sign(&keys, at).unwrap();
            assert_eq!(
                format!("{:?}", signed.headers().collect::<Vec<_>>()),
                format!("{:?}", again.headers().collect::<Vec<_>>())
            );
            assert_eq!(
                (signed.url(), signed.method(), signed.body()),
                (request.url(), request.method(), request.body())
            );
            let header = |wanted: &str| {
                signed.headers().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
            };
            assert_eq!(header("date"), Some(httpdate::fmt_http_date(at)));
            let authorization = header("authorization").unwrap();
            let string_to_sign = signed.string_to_sign();
            let Some(canonical) = signed.canonical_request() else {
                assert!(string_to_sign.starts_with(&format!("{}\n", request.method())), "{string_to_sign}");
                assert!(string_to_sign.ends_with(&format!("/{bucket}/?encryption")), "{string_to_sign}");
                assert_eq!(authorization.rsplit(':').next().unwrap().len(), 28, "{authorization}");
                continue;
            };
            let lines: Vec<&str> = string_to_sign.split('\n').collect();
            assert_eq!(lines[3], hex(&Sha256::digest(canonical)), "the hash of the canonical request");
            assert_eq!(Some(lines[1].to_owned()), header("x-oss-date"));
            assert!(authorization.contains(&format!("Credential=AKID/{},", lines[2])), "{authorization}");
            let signature = authorization.rsplit("Signature=").next().unwrap();
            assert!(signature.len() == 64 && signature.bytes().all(|b| b.is_ascii_hexdigit()), "{signature}");
            let names: Vec<&str> = canonical
                .split('\n')
                .skip(3)
                .take_while(|line| !line.is_empty())
                .map(|l| l.split(':').next().unwrap())
                .collect();
            assert!(names.is_sorted() && !names.is_empty(), "{canonical}");
            assert!(names.iter().all(|name| header(name).is_some()), "what is signed is sent: {canonical}");
        }
    }
}

#[test]
fn a_signature_changes_with_everything_that_it_covers() {
    let at = UNIX_EPOCH + Duration::from_secs(1_744_272_000);
    let later = at + Duration::from_secs(1);
    let keys = |secret| Credentials::new("AKID", secret).unwrap();
    let mut seen = HashSet::new();
    let mut count = 0;
    for bucket in ["examplebucket", "examplebuckets"] {
        for request in requests(bucket) {
            for (keys, at) in [
                (keys("the secret"), at),
                (keys("the secret"), later),
                (keys("the secreT"), at),
                (keys("the secret").with_security_token("token").unwrap(), at),
            ] {
                let signed = request.sign(&keys, at).unwrap();
                let (_, authorization) = signed.headers().find(|(name, _)| *name == "Authorization").unwrap();
                seen.insert(authorization.to_owned());
                count += 1;
            }
        }
    }
    assert_eq!(seen.len(), count);
}
