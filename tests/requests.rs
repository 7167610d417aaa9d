//! What the ten operations ask: method, URL and body, for every addressing style; and the names in them.

use bucket_encryption::{Addressing, Credentials, Endpoint, Request, Result, TableBucketArn, obs, oss, oss_tables};

const ARN: &str = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket";
const WIRE_ARN: &str = "acs%3Aosstables%3Acn-hangzhou%3A1234567890%3Abucket%2Fmy-table-bucket";

fn arn() -> TableBucketArn {
    ARN.parse().unwrap()
}

fn oss_endpoint() -> Endpoint {
    Endpoint::oss("cn-hangzhou").unwrap()
}

fn tables() -> Endpoint {
    Endpoint::oss_tables("cn-hangzhou").unwrap()
}

fn obs_endpoint() -> Endpoint {
    Endpoint::obs("cn-north-4").unwrap()
}

#[track_caller]
fn assert_request(request: Result<Request>, method: &str, url: &str, body: &str) {
    let request = request.unwrap();
    assert_eq!((request.method(), request.url()), (method, url));
    assert_eq!(str::from_utf8(request.body()).unwrap(), body, "{method} {url}");
}

#[test]
fn oss_requests_are_those_of_the_vendors_pages() {
    let endpoint = oss_endpoint();
    let url = "https://oss-example.oss-cn-hangzhou.aliyuncs.com/?encryption";
    assert_request(oss::get_bucket_encryption_request(&endpoint, "oss-example"), "GET", url, "");
    assert_request(oss::delete_bucket_encryption_request(&endpoint, "oss-example"), "DELETE", url, "");
    assert_request(
        oss::put_bucket_encryption_request(&endpoint, "oss-example", &oss::BucketEncryption::aes256()),
        "PUT",
        url,
        "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
         </ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
    );
}

#[test]
fn obs_requests_are_those_of_the_vendors_page() {
    let endpoint = obs_endpoint();
    let url = "https://examplebucket.obs.cn-north-4.myhuaweicloud.com/?encryption";
    assert_request(obs::get_bucket_encryption_request(&endpoint, "examplebucket"), "GET", url, "");
    assert_request(obs::delete_bucket_encryption_request(&endpoint, "examplebucket"), "DELETE", url, "");
    assert_request(
        obs::put_bucket_encryption_request(&endpoint, "examplebucket", &obs::BucketEncryption::aes256()),
        "PUT",
        url,
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
         </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
    );
}

/// The pages' regional host is the path style.
#[test]
fn oss_tables_requests_are_those_of_the_vendors_pages() {
    let endpoint = tables().with_addressing(Addressing::Path);
    let host = "https://cn-hangzhou.oss-tables.aliyuncs.com";
    let table = format!("{host}/tables/{WIRE_ARN}/my_namespace/my_table/encryption");
    let bucket = format!("{host}/buckets/{WIRE_ARN}/encryption");
    let get_table = oss_tables::get_table_encryption_request(&endpoint, &arn(), "my_namespace", "my_table");
    assert_request(get_table, "GET", &table, "");
    assert_request(oss_tables::get_table_bucket_encryption_request(&endpoint, &arn()), "GET", &bucket, "");
    assert_request(oss_tables::delete_table_bucket_encryption_request(&endpoint, &arn()), "DELETE", &bucket, "");
    let aes256 = oss_tables::TableEncryption::aes256();
    let put = oss_tables::put_table_bucket_encryption_request(&endpoint, &arn(), &aes256);
    assert_request(put, "PUT", &bucket, r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256"}}"#);
}

/// What the vendor's clients send: the bucket's host, with the whole ARN in the path all the same.
#[test]
fn oss_tables_hosts_begin_with_the_bucket_and_its_account() {
    let host = "https://my-table-bucket-1234567890.cn-hangzhou.oss-tables.aliyuncs.com";
    let request = oss_tables::get_table_encryption_request(&tables(), &arn(), "my_namespace", "my_table").unwrap();
    assert_eq!(request.url(), format!("{host}/tables/{WIRE_ARN}/my_namespace/my_table/encryption"));
    let request = oss_tables::get_table_bucket_encryption_request(&tables(), &arn()).unwrap();
    assert_eq!(request.url(), format!("{host}/buckets/{WIRE_ARN}/encryption"));
}

#[test]
fn urls_of_oss_follow_address_and_addressing() {
    use Addressing::{Cname, Path, VirtualHosted};
    for (url, addressing, expected) in [
        (None, VirtualHosted, "https://bucket.oss-cn-hangzhou.aliyuncs.com/?encryption"),
        (None, Path, "https://oss-cn-hangzhou.aliyuncs.com/bucket/?encryption"),
        (
            Some("http://oss-cn-hangzhou.aliyuncs.com"),
            VirtualHosted,
            "http://bucket.oss-cn-hangzhou.aliyuncs.com/?encryption",
        ),
        (
            Some("https://oss-cn-hangzhou-internal.aliyuncs.com"),
            VirtualHosted,
            "https://bucket.oss-cn-hangzhou-internal.aliyuncs.com/?encryption",
        ),
        (
            Some("https://cn-hangzhou.oss.aliyuncs.com"),
            VirtualHosted,
            "https://bucket.cn-hangzhou.oss.aliyuncs.com/?encryption",
        ),
        (Some("http://cloud.local:8080"), VirtualHosted, "http://bucket.cloud.local:8080/?encryption"),
        (Some("http://cloud.local:8080"), Path, "http://cloud.local:8080/bucket/?encryption"),
        (Some("http://127.0.0.1:9000"), Path, "http://127.0.0.1:9000/bucket/?encryption"),
        (Some("http://[::1]:9000"), Path, "http://[::1]:9000/bucket/?encryption"),
        (Some("https://files.example.com"), Cname, "https://files.example.com/?encryption"),
        (Some("https://files.example.com:8443"), Cname, "https://files.example.com:8443/?encryption"),
        // A port is kept as written, also the scheme's own.
        (Some("https://files.example.com:443"), Cname, "https://files.example.com:443/?encryption"),
        (Some("http://files.example.com:080"), Cname, "http://files.example.com:080/?encryption"),
    ] {
        let endpoint = url.map_or(oss_endpoint(), |url| oss_endpoint().with_url(url).unwrap());
        let request = oss::get_bucket_encryption_request(&endpoint.with_addressing(addressing), "bucket").unwrap();
        assert_eq!(request.url(), expected, "{url:?} {addressing:?}");
    }
}

#[test]
fn urls_of_obs_follow_address_and_addressing() {
    use Addressing::{Cname, Path, VirtualHosted};
    for (url, addressing, expected) in [
        (None, VirtualHosted, "https://my.bucket.obs.cn-north-4.myhuaweicloud.com/?encryption"),
        (None, Path, "https://obs.cn-north-4.myhuaweicloud.com/my.bucket/?encryption"),
        (
            Some("https://obs.eu-de.otc.t-systems.com"),
            VirtualHosted,
            "https://my.bucket.obs.eu-de.otc.t-systems.com/?encryption",
        ),
        (Some("https://files.example.com"), Cname, "https://files.example.com/?encryption"),
        (Some("http://files.example.com:8080"), Cname, "http://files.example.com:8080/?encryption"),
    ] {
        let endpoint = url.map_or(obs_endpoint(), |url| obs_endpoint().with_url(url).unwrap());
        let request = obs::get_bucket_encryption_request(&endpoint.with_addressing(addressing), "my.bucket").unwrap();
        assert_eq!(request.url(), expected, "{url:?} {addressing:?}");
    }
}

#[test]
fn urls_of_oss_tables_follow_address_and_addressing() {
    use Addressing::{Cname, Path, VirtualHosted};
    for (url, addressing, expected) in [
        (None, VirtualHosted, "https://my-table-bucket-1234567890.cn-hangzhou.oss-tables.aliyuncs.com"),
        (None, Path, "https://cn-hangzhou.oss-tables.aliyuncs.com"),
        (
            Some("https://cn-hangzhou-internal.oss-tables.aliyuncs.com"),
            VirtualHosted,
            "https://my-table-bucket-1234567890.cn-hangzhou-internal.oss-tables.aliyuncs.com",
        ),
        (Some("http://127.0.0.1:9000"), Path, "http://127.0.0.1:9000"),
        (Some("https://tables.example.com:8443"), Cname, "https://tables.example.com:8443"),
    ] {
        let endpoint = url.map_or(tables(), |url| tables().with_url(url).unwrap()).with_addressing(addressing);
        let request = oss_tables::get_table_bucket_encryption_request(&endpoint, &arn()).unwrap();
        assert_eq!(request.url(), format!("{expected}/buckets/{WIRE_ARN}/encryption"), "{url:?} {addressing:?}");
    }
}

/// On the wire every name is one segment. What is signed is the decoded path, encoded but for its slashes.
#[test]
fn namespaces_and_tables_are_encoded_on_the_wire_and_when_signed() {
    let credentials = Credentials::new("ak", "sk").unwrap();
    for (namespace, table, wire, signed) in [
        ("my_namespace", "my_table", "my_namespace/my_table", "my_namespace/my_table"),
        ("a b", "c+d", "a%20b/c%2Bd", "a%20b/c%2Bd"),
        ("a/b", "c", "a%2Fb/c", "a/b/c"),
        ("数据", "tablé", "%E6%95%B0%E6%8D%AE/tabl%C3%A9", "%E6%95%B0%E6%8D%AE/tabl%C3%A9"),
        ("?x=1", "#y", "%3Fx%3D1/%23y", "%3Fx%3D1/%23y"),
        ("...", "~-_.", ".../~-_.", ".../~-_."),
        ("a&b;c", "'(!*)'", "a%26b%3Bc/%27%28%21%2A%29%27", "a%26b%3Bc/%27%28%21%2A%29%27"),
        ("a:b", "@", "a%3Ab/%40", "a%3Ab/%40"),
        ("%41", "100%", "%2541/100%25", "%2541/100%25"),
        (r"a\b", "[t]", "a%5Cb/%5Bt%5D", "a%5Cb/%5Bt%5D"),
    ] {
        let request = oss_tables::get_table_encryption_request(&tables(), &arn(), namespace, table).unwrap();
        let (_, path) = request.url().split_once("/tables/").unwrap();
        assert_eq!(path, format!("{WIRE_ARN}/{wire}/encryption"), "{namespace:?} {table:?}");
        let canonical_arn = WIRE_ARN.replace("%2F", "/");
        let signed_request = request.sign(&credentials, std::time::UNIX_EPOCH).unwrap();
        let canonical_uri = signed_request.canonical_request().unwrap().lines().nth(1).unwrap();
        let expected = format!("/{canonical_arn}/tables/{canonical_arn}/{signed}/encryption");
        assert_eq!(canonical_uri, expected, "{namespace:?} {table:?}");
    }
}

#[test]
fn names_that_would_change_the_path_are_refused_with_their_argument() {
    for bad in ["", ".", "..", "a\0", "a\nb", "\u{7f}", "a\u{85}b"] {
        for (namespace, table, argument) in [(bad, "table", "namespace"), ("namespace", bad, "table")] {
            let error = oss_tables::get_table_encryption_request(&tables(), &arn(), namespace, table).unwrap_err();
            let bucket_encryption::Error::Input(error) = error else { panic!("{bad:?}: {error}") };
            assert_eq!(error.argument(), argument, "{bad:?}");
        }
    }
}

#[test]
fn bucket_names_that_would_change_the_host_are_refused() {
    for bad in [
        "", "ab", "-abc", "abc-", "Abc", "a_b", "a/b/c", "abc#", "abc?", "abc@evil", "abc:80", "a\nb", "bücket", "a..b",
    ] {
        let errors = [
            oss::get_bucket_encryption_request(&oss_endpoint(), bad).unwrap_err(),
            oss::delete_bucket_encryption_request(&oss_endpoint(), bad).unwrap_err(),
            oss::put_bucket_encryption_request(&oss_endpoint(), bad, &oss::BucketEncryption::kms()).unwrap_err(),
            obs::get_bucket_encryption_request(&obs_endpoint(), bad).unwrap_err(),
            obs::delete_bucket_encryption_request(&obs_endpoint(), bad).unwrap_err(),
            obs::put_bucket_encryption_request(&obs_endpoint(), bad, &obs::BucketEncryption::kms()).unwrap_err(),
        ];
        for error in errors {
            let bucket_encryption::Error::Input(error) = error else { panic!("{bad:?}: {error}") };
            assert_eq!(error.argument(), "bucket", "{bad:?}");
        }
    }
}

#[test]
fn dots_in_bucket_names_are_for_obs_only() {
    assert!(oss::get_bucket_encryption_request(&oss_endpoint(), "my.bucket").is_err());
    assert!(obs::get_bucket_encryption_request(&obs_endpoint(), "my.bucket").is_ok());
}

#[test]
fn lengths_of_bucket_names_are_3_to_63() {
    for (length, is_good) in [(2, false), (3, true), (63, true), (64, false)] {
        let bucket = "b".repeat(length);
        assert_eq!(oss::get_bucket_encryption_request(&oss_endpoint(), &bucket).is_ok(), is_good, "OSS {length}");
        assert_eq!(obs::get_bucket_encryption_request(&obs_endpoint(), &bucket).is_ok(), is_good, "OBS {length}");
        let arn = TableBucketArn::new("cn-hangzhou", "1", &bucket);
        assert_eq!(arn.is_ok(), is_good, "OSS Tables {length}");
    }
}

#[test]
fn an_account_of_other_digits_or_text_cannot_change_the_host() {
    for account in ["", "1.evil.com/", "１２３", "1 2", "-1", "1a", "1\n", "1:2", "+1"] {
        let error = TableBucketArn::new("cn-hangzhou", account, "my-table-bucket").unwrap_err();
        let bucket_encryption::Error::Input(error) = error else { panic!("{account:?}: {error}") };
        assert_eq!(error.argument(), "account_id", "{account:?}");
        assert!(
            format!("acs:osstables:cn-hangzhou:{account}:bucket/abc").parse::<TableBucketArn>().is_err(),
            "{account:?}"
        );
    }
}
