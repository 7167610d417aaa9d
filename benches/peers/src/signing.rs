//! Signing a request to read a bucket's encryption, from its name to the headers, the clock read each time.

use std::time::{Duration, SystemTime};

use ali_oss_rs::request::OssRequest;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bucket_encryption::{Credentials, Endpoint, SignatureVersion, obs, oss};
use reqsign_aliyun_oss::SigningVersion;
use reqsign_core::{Context, SignRequest};
use rusty_s3::S3Action as _;
use sha2::{Digest as _, Sha256};

use crate::support::stopwatch::Comparison;

const KEY_ID: &str = "LTAI5tExampleExample";
const SECRET: &str = "yourAccessKeySecretOf30Letters";
const BUCKET: &str = "examplebucket";
const OSS_URL: &str = "https://examplebucket.oss-cn-hangzhou.aliyuncs.com/?encryption";
const OBS_URL: &str = "https://examplebucket.obs.cn-north-4.myhuaweicloud.com/?encryption";

pub fn run() {
    v4();
    hmac_sha1();
}

fn v4() {
    let credentials = Credentials::new(KEY_ID, SECRET).expect("credentials");
    let endpoint = Endpoint::oss("cn-hangzhou").expect("an endpoint");
    let ours = || {
        let request = oss::get_bucket_encryption_request(&endpoint, BUCKET).expect("a request");
        request.sign(&credentials, SystemTime::now()).expect("signed")
    };

    let signer = reqsign_aliyun_oss::RequestSigner::new(BUCKET)
        .with_region("cn-hangzhou")
        .with_signing_version(SigningVersion::V4);
    let reqsign = || reqsign(&signer, &aliyun(), OSS_URL);

    let client = ali_oss_rs::blocking::Client::new(KEY_ID, SECRET, "cn-hangzhou", "oss-cn-hangzhou.aliyuncs.com");
    let ali_oss_rs = || client.presign_raw_request(OssRequest::new().bucket(BUCKET).add_query("encryption", ""));

    let identity = aws_credential_types::Credentials::new(KEY_ID, SECRET, None, None, "benchmark").into();
    let aws = || {
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("s3")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("parameters");
        let mut request = http::Request::get(OSS_URL).body(()).expect("a request");
        let signable = SignableRequest::new("GET", OSS_URL, std::iter::empty(), SignableBody::UnsignedPayload);
        let signed = sign(signable.expect("signable"), &params.into()).expect("signed");
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        request
    };

    let base = "https://s3.us-east-1.amazonaws.com".parse().expect("a URL");
    let bucket = rusty_s3::Bucket::new(base, rusty_s3::UrlStyle::VirtualHost, BUCKET, "us-east-1").expect("a bucket");
    let s3_credentials = rusty_s3::Credentials::new(KEY_ID, SECRET);
    let rusty_s3 = || bucket.get_bucket_policy(Some(&s3_credentials)).sign(Duration::from_secs(60));

    let blocks = [b'x'; 24 * 64 - 9];
    let times = Comparison::new("V4: a GET without a body")
        .with("SHA-256 alone, 24 blocks", || Sha256::digest(blocks))
        .with("ours", ours)
        .with("reqsign-aliyun-oss", reqsign)
        .with("ali-oss-rs", ali_oss_rs)
        .with("aws-sigv4", aws)
        .with("rusty-s3, in the query", rusty_s3)
        .run();
    times.goal("ours", "SHA-256 alone, 24 blocks", 2.0);
    for peer in ["reqsign-aliyun-oss", "ali-oss-rs", "aws-sigv4", "rusty-s3, in the query"] {
        times.goal("ours", peer, 0.45);
    }
}

fn hmac_sha1() {
    let credentials = Credentials::new(KEY_ID, SECRET).expect("credentials");
    let v1 = Endpoint::oss("cn-hangzhou").expect("an endpoint").with_signature_version(SignatureVersion::V1);
    let obs = Endpoint::obs("cn-north-4").expect("an endpoint");
    let aliyun_signer = reqsign_aliyun_oss::RequestSigner::new(BUCKET);
    let huawei_signer = reqsign_huaweicloud_obs::RequestSigner::new(BUCKET);
    let huawei = reqsign_huaweicloud_obs::Credential::new(KEY_ID.into(), SECRET.into(), None);

    let times = Comparison::new("HMAC-SHA1: a GET without a body")
        .with("OSS V1, ours", || {
            let request = oss::get_bucket_encryption_request(&v1, BUCKET).expect("a request");
            request.sign(&credentials, SystemTime::now()).expect("signed")
        })
        .with("OSS V1, reqsign-aliyun-oss", || reqsign(&aliyun_signer, &aliyun(), OSS_URL))
        .with("OBS, ours", || {
            let request = obs::get_bucket_encryption_request(&obs, BUCKET).expect("a request");
            request.sign(&credentials, SystemTime::now()).expect("signed")
        })
        .with("OBS, reqsign-huaweicloud-obs", || reqsign(&huawei_signer, &huawei, OBS_URL))
        .run();
    times.goal("OSS V1, ours", "OSS V1, reqsign-aliyun-oss", 0.4);
    times.goal("OBS, ours", "OBS, reqsign-huaweicloud-obs", 0.4);
}

fn aliyun() -> reqsign_aliyun_oss::Credential {
    reqsign_aliyun_oss::Credential {
        access_key_id: KEY_ID.into(),
        access_key_secret: SECRET.into(),
        security_token: None,
        expires_in: None,
    }
}

/// The signer alone, without the layers that load credentials: the quickest way through reqsign.
fn reqsign<S: SignRequest>(signer: &S, credential: &S::Credential, url: &str) -> http::request::Parts {
    let (mut parts, ()) = http::Request::get(url).body(()).expect("a request").into_parts();
    let context = Context::new();
    pollster::block_on(signer.sign_request(&context, &mut parts, Some(credential), None)).expect("signed");
    parts
}
