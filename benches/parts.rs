//! Our own parts beside the floor that each stands on: signing beside its hashes, parsing beside the bare parser, a
//! whole call beside raw ureq. `cargo bench --bench parts` runs it; benches/README.md says how to read it.

mod support;

use std::time::{Duration, SystemTime};

use bucket_encryption::ureq::Agent;
use bucket_encryption::{Addressing, Credentials, Endpoint, SignatureVersion, TableBucketArn, obs, oss, oss_tables};
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use support::allocations::{Counting, count};
use support::server::{OSS_BODY, Server};
use support::stopwatch::Comparison;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often SHA-256 compresses a block for a plain V4 GET: 4 for each of the 5 HMACs, one more where the string to sign
/// is long, 3 for the canonical request.
const COMPRESSIONS: usize = 24;

fn main() {
    signing();
    parsing();
    calling();
}

fn signing() {
    let credentials = Credentials::new("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters").expect("credentials");
    let temporary = credentials.clone().with_security_token("CAIS".repeat(150)).expect("a token");
    let oss = Endpoint::oss("cn-hangzhou").expect("an endpoint");
    let v1 = oss.clone().with_signature_version(SignatureVersion::V1);
    let tables = Endpoint::oss_tables("cn-hangzhou").expect("an endpoint");
    let obs = Endpoint::obs("cn-north-4").expect("an endpoint");
    let arn: TableBucketArn =
        "acs:osstables:cn-hangzhou:1234567890123456:bucket/my-table-bucket".parse().expect("an ARN");
    let setting = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86-3509-4f8d-a61e-6eab1eac7b4f");
    // A message that is padded to exactly that many blocks.
    let blocks = [b'x'; COMPRESSIONS * 64 - 9];

    let get = |endpoint: &Endpoint, credentials: &Credentials| {
        let request = oss::get_bucket_encryption_request(endpoint, "examplebucket").expect("a request");
        request.sign(credentials, SystemTime::now()).expect("signed")
    };
    let put = || {
        let request = oss::put_bucket_encryption_request(&oss, "examplebucket", &setting).expect("a request");
        request.sign(&credentials, SystemTime::now()).expect("signed")
    };
    let get_table = || {
        let request =
            oss_tables::get_table_encryption_request(&tables, &arn, "my_namespace", "my_table").expect("a request");
        request.sign(&credentials, SystemTime::now()).expect("signed")
    };
    let get_obs = || {
        let request = obs::get_bucket_encryption_request(&obs, "examplebucket").expect("a request");
        request.sign(&credentials, SystemTime::now()).expect("signed")
    };

    let times = Comparison::new("Building and signing a request, its time read from the clock")
        .with("SHA-256 alone, 24 blocks", || Sha256::digest(blocks))
        .with("OSS V4 GET", || get(&oss, &credentials))
        .with("OSS V4 GET, security token", || get(&oss, &temporary))
        .with("OSS V4 PUT", put)
        .with("OSS Tables GET", get_table)
        .with("OSS V1 GET", || get(&v1, &credentials))
        .with("OBS GET", get_obs)
        .run();
    times.goal("OSS V4 GET", "SHA-256 alone, 24 blocks", 2.0);
    let allocations = count(|| drop(get(&oss, &credentials)));
    println!("\nOSS V4 GET: {allocations} allocations; goal at most 16");
}

fn parsing() {
    let times = Comparison::new("From XML to a struct that owns its texts")
        .with("roxmltree alone", || drop(roxmltree::Document::parse(OSS_BODY).expect("well-formed")))
        .with("OSS, borrowed", || oss::BucketEncryption::from_xml(OSS_BODY).expect("a setting"))
        .with("OSS", || {
            oss::BucketEncryption::from_xml(OSS_BODY).expect("a setting").map(oss::BucketEncryption::into_owned)
        })
        .run();
    times.goal("OSS", "roxmltree alone", 1.15);

    let json = r#"{"encryptionConfiguration":{"kmsKeyArn":"acs:kms:cn-hangzhou:1234567890123456:key/key-id","sseAlgorithm":"KMS"}}"#;
    Comparison::new("From JSON to a struct that owns its texts")
        .with("serde_json, which only scans", || serde_json::from_str::<IgnoredAny>(json).expect("well-formed"))
        .with("OSS Tables, borrowed", || oss_tables::TableEncryption::from_json(json).expect("a setting"))
        .with("OSS Tables", || {
            oss_tables::TableEncryption::from_json(json)
                .expect("a setting")
                .map(oss_tables::TableEncryption::into_owned)
        })
        .run();
}

fn calling() {
    let server = Server::start(OSS_BODY);
    let url = format!("http://{}", server.address);
    let credentials = Credentials::new("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters").expect("credentials");
    let endpoint = Endpoint::oss("cn-hangzhou").and_then(|oss| oss.with_url(&url)).expect("an endpoint");
    let endpoint = endpoint.with_addressing(Addressing::Path);
    let request = oss::get_bucket_encryption_request(&endpoint, "examplebucket").expect("a request");
    let signed = request.sign(&credentials, SystemTime::now()).expect("signed");
    let agent = |limit: Option<Duration>| -> Agent {
        Agent::config_builder().timeout_global(limit).http_status_as_error(false).build().into()
    };
    let raw = |agent: &Agent| {
        let call = agent.get(signed.url());
        let call = signed.headers().fold(call, |call, (name, value)| call.header(name, value));
        call.call().expect("an answer").body_mut().read_to_string().expect("a body")
    };
    let (plain, limited) = (agent(None), agent(Some(Duration::from_secs(60))));
    let times = Comparison::new("A whole call on a kept loopback connection")
        .with("ureq, same headers, same limit", || raw(&limited))
        .with("ureq, same headers, no limit", || raw(&plain))
        .with("ours", || oss::get_bucket_encryption(&credentials, &endpoint, "examplebucket").expect("a setting"))
        .run();
    times.goal("ours", "ureq, same headers, same limit", 1.15);
    println!("\n{} connections were made", server.connections());
}
