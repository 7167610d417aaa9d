//! From the body of an answer to a struct that owns its texts.

use std::borrow::Cow;

use bucket_encryption::oss::BucketEncryption;
use bucket_encryption::oss_tables::TableEncryption;
use serde::Deserialize;

use crate::support::server::OSS_BODY;
use crate::support::stopwatch::Comparison;

const JSON: &str = concat!(
    r#"{"encryptionConfiguration":{"kmsKeyArn":"acs:kms:cn-hangzhou:1234567890123456:key/key-id","#,
    r#""sseAlgorithm":"KMS"}}"#
);

pub fn run() {
    let times = Comparison::new("From XML")
        .with("roxmltree alone", || drop(roxmltree::Document::parse(OSS_BODY).expect("well-formed")))
        .with("ours", || BucketEncryption::from_xml(OSS_BODY).expect("a setting").map(BucketEncryption::into_owned))
        .with("quick-xml, events alone", || {
            let mut reader = quick_xml::Reader::from_str(OSS_BODY);
            while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
        })
        .with("quick-xml and serde", || quick_xml::de::from_str::<Rule>(OSS_BODY).expect("a setting"))
        .run();
    times.goal("ours", "roxmltree alone", 1.15);

    let times = Comparison::new("From JSON")
        .with("serde_json, borrowed", || serde_json::from_str::<Body<'_>>(JSON).expect("a setting"))
        .with("serde_json, owned", || serde_json::from_str::<OwnedBody>(JSON).expect("a setting"))
        .with("ours, borrowed", || TableEncryption::from_json(JSON).expect("a setting"))
        .with("ours", || TableEncryption::from_json(JSON).expect("a setting").map(TableEncryption::into_owned))
        .run();
    times.goal("ours, borrowed", "serde_json, borrowed", 1.25);
    times.goal("ours", "serde_json, borrowed", 1.25);
    times.goal("ours", "serde_json, owned", 1.25);
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only made")]
#[serde(rename_all = "PascalCase")]
struct Rule {
    apply_server_side_encryption_by_default: Default,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only made")]
struct Default {
    #[serde(rename = "SSEAlgorithm")]
    sse_algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    kms_master_key_id: Option<String>,
    #[serde(rename = "KMSDataEncryption")]
    kms_data_encryption: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only made")]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    encryption_configuration: Configuration<'a>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only made")]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    #[serde(borrow)]
    kms_key_arn: Cow<'a, str>,
    #[serde(borrow)]
    sse_algorithm: Cow<'a, str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only made")]
#[serde(rename_all = "camelCase")]
struct OwnedBody {
    encryption_configuration: OwnedConfiguration,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only made")]
#[serde(rename_all = "camelCase")]
struct OwnedConfiguration {
    kms_key_arn: String,
    sse_algorithm: String,
}
