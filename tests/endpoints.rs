//! Addresses: which are taken, which are refused, and that every refusal says what to do.

use bucket_encryption::{Addressing, Endpoint, Error, Result, SignatureVersion, TableBucketArn, obs, oss, oss_tables};

fn oss_endpoint() -> Endpoint {
    Endpoint::oss("cn-hangzhou").unwrap()
}

fn tables() -> Endpoint {
    Endpoint::oss_tables("cn-hangzhou").unwrap()
}

fn obs_endpoint() -> Endpoint {
    Endpoint::obs("cn-north-4").unwrap()
}

fn arn() -> TableBucketArn {
    "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse().unwrap()
}

/// The refusal, which names the argument and holds the fix.
#[track_caller]
fn assert_refused<T>(outcome: Result<T>, argument: &str, fix: &str) {
    match outcome.map(|_| ()) {
        Err(Error::Input(error)) => {
            assert_eq!(error.argument(), argument, "{error}");
            assert!(error.problem().contains(fix), "{fix:?} is not in {:?}", error.problem());
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_endpoint_is_its_address() {
    for (endpoint, address, region) in [
        (Endpoint::oss("cn-hangzhou"), "https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        (Endpoint::oss_tables("cn-hangzhou"), "https://cn-hangzhou.oss-tables.aliyuncs.com", "cn-hangzhou"),
        (Endpoint::obs("cn-north-4"), "https://obs.cn-north-4.myhuaweicloud.com", "cn-north-4"),
    ] {
        let endpoint = endpoint.unwrap();
        assert_eq!((endpoint.to_string().as_str(), endpoint.region()), (address, region));
        let elsewhere = endpoint.with_url("http://example.com").unwrap();
        assert_eq!((elsewhere.to_string().as_str(), elsewhere.region()), ("http://example.com", region));
    }
}

#[test]
fn regions_that_are_hosts_or_no_regions_are_refused_by_every_service() {
    for (region, fix) in [
        ("", "\"cn-hangzhou\""),
        ("oss-cn-hangzhou", "\"cn-hangzhou\""),
        ("oss-cn-hangzhou-internal", "\"cn-hangzhou\""),
        ("cn-hangzhou-internal", "`with_url`"),
        ("cn-hangzhou.evil.com", "`a-z 0-9 -`"),
        ("cn-hangzhou/", "`a-z 0-9 -`"),
        ("cn_hangzhou", "`a-z 0-9 -`"),
        ("CN-HANGZHOU", "`a-z 0-9 -`"),
        ("cn hangzhou", "`a-z 0-9 -`"),
        ("杭州", "`a-z 0-9 -`"),
        ("cn-hangzhou\n", "`a-z 0-9 -`"),
    ] {
        assert_refused(Endpoint::oss(region), "region", fix);
        assert_refused(Endpoint::oss_tables(region), "region", fix);
        assert_refused(Endpoint::obs(region), "region", fix);
        assert_refused(TableBucketArn::new(region, "1", "abc"), "region", fix);
    }
}

#[test]
fn addresses_are_taken() {
    for (url, address) in [
        ("https://example.com", "https://example.com"),
        ("http://example.com", "http://example.com"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("https://example.com:443", "https://example.com:443"),
        ("http://example.com:1", "http://example.com:1"),
        ("http://example.com:65535", "http://example.com:65535"),
        ("http://localhost", "http://localhost"),
        ("http://cloud_box.local", "http://cloud_box.local"),
        ("https://xn--fiq228c.example", "https://xn--fiq228c.example"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://[::1]", "http://[::1]"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ("http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]"),
        ("https://1.2.3.4.example", "https://1.2.3.4.example"),
    ] {
        assert_eq!(
            oss_endpoint().with_url(url).map(|endpoint| endpoint.to_string()).ok().as_deref(),
            Some(address),
            "{url:?}"
        );
    }
}

#[test]
fn an_address_without_a_scheme_is_shown_with_one() {
    for (url, fixed) in [
        ("example.com", "\"https://example.com\""),
        ("example.com:8443", "\"https://example.com:8443\""),
        ("oss-cn-hangzhou.aliyuncs.com", "\"https://oss-cn-hangzhou.aliyuncs.com\""),
        ("127.0.0.1:9000", "\"https://127.0.0.1:9000\""),
        ("[::1]:9000", "\"https://[::1]:9000\""),
        ("localhost", "\"https://localhost\""),
    ] {
        assert_refused(oss_endpoint().with_url(url), "url", fixed);
    }
}

#[test]
fn an_address_with_something_behind_it_is_shown_without() {
    for url in [
        "https://example.com:8443/",
        "https://example.com:8443/path",
        "https://example.com:8443/?query",
        "https://example.com:8443?query",
        "https://example.com:8443#fragment",
        "https://example.com:8443//",
        "https://example.com:8443/#",
        r"https://example.com:8443\path",
    ] {
        assert_refused(oss_endpoint().with_url(url), "url", "\"https://example.com:8443\"");
    }
}

#[test]
fn user_names_are_refused_and_not_shown() {
    for url in [
        "https://user@example.com",
        "https://user:hunter22@example.com",
        "https://user:hunter22@example.com/path",
        "https://:hunter22@example.com",
        "https://@example.com",
        "https://example.com@evil.com",
        "user:hunter22@example.com",
        "ftp://user:hunter22@example.com",
        "https://usér:hunter22@example.com",
        "https://user:hunter22/@example.com",
    ] {
        let error = oss_endpoint().with_url(url).unwrap_err();
        let Error::Input(input) = &error else { panic!("{url:?}: {error}") };
        assert_eq!(input.argument(), "url");
        assert!(!format!("{error} {error:?} {error:#}").contains("hunter22"), "{error}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for url in [
        "",
        "https://",
        "http://",
        "://example.com",
        "https:example.com",
        "https:/example.com",
        "ftp://example.com",
        "ws://example.com",
        "https+unix://example.com",
        // Blanks, line breaks and other scripts.
        " https://example.com",
        "https://example.com ",
        "https://exam ple.com",
        "https://example.com\n",
        "https://example.com\r\nx: y",
        "https://example.com\0",
        "https://exämple.com",
        "https://例子.example",
        "https://example\u{3002}com",
        "https://example.com\u{200b}",
        // Host names.
        "https://:8443",
        "https://.",
        "https://example..com",
        "https://.example.com",
        "https://example.com.",
        "https://-example.com",
        "https://example-.com",
        "https://exa*mple.com",
        "https://exa%6dple.com",
        "https://exa,mple.com",
        // Ports.
        "https://example.com:",
        "https://example.com:0",
        "https://example.com:00000",
        "https://example.com:65536",
        "https://example.com:99999",
        "https://example.com:000443",
        "https://example.com:-1",
        "https://example.com:+80",
        "https://example.com:80a",
        "https://example.com:80:80",
        "https://example.com:８０",
        // Addresses in numbers that a resolver may take for others.
        "http://127.1",
        "http://127.0.0.1.",
        "http://127.0.1",
        "http://0x7f.1",
        "http://0x7f000001",
        "http://0X7F.0.0.1",
        "http://2130706433",
        "http://017700000001",
        "http://0177.0.0.1",
        "http://127.0.0.01",
        "http://127.0.0.256",
        "http://1.2.3.4.5",
        "http://example.1",
        "http://example.0x1",
        // IPv6.
        "http://::1",
        "http://[::1",
        "http://::1]",
        "http://[]",
        "http://[::1]9000",
        "http://[::1]]",
        "http://[[::1]]",
        "http://[::1%25eth0]",
        "http://[fe80::1%eth0]",
        "http://[127.0.0.1]",
        "http://[example.com]",
        "http://[v1.x]",
        "http://a[::1]",
    ] {
        let outcome = oss_endpoint().with_url(url);
        assert!(matches!(outcome, Err(Error::Input(_))), "{url:?} was taken: {outcome:?}");
    }
}

#[test]
fn parts_of_a_host_have_63_characters_and_hosts_253() {
    let label = "a".repeat(63);
    let host = [label.as_str(); 4].join(".");
    for (url, is_good) in [
        (format!("https://{label}.com"), true),
        (format!("https://{label}a.com"), false),
        (format!("https://{}", &host.get(..253).unwrap()), true),
        (format!("https://{}", &host.get(..254).unwrap()), false),
    ] {
        assert_eq!(oss_endpoint().with_url(&url).is_ok(), is_good, "{url}");
    }
}

#[test]
fn a_bucket_cannot_stand_before_an_ip_address() {
    for url in ["http://127.0.0.1:9000", "https://192.0.2.1", "http://[::1]:9000"] {
        let endpoint = oss_endpoint().with_url(url).unwrap();
        assert_refused(oss::get_bucket_encryption_request(&endpoint, "bucket"), "endpoint", "`Addressing::Path`");
        let endpoint = obs_endpoint().with_url(url).unwrap();
        assert_refused(obs::get_bucket_encryption_request(&endpoint, "bucket"), "endpoint", "`Addressing::Path`");
        let endpoint = tables().with_url(url).unwrap();
        let request = oss_tables::get_table_bucket_encryption_request(&endpoint, &arn());
        assert_refused(request, "endpoint", "`Addressing::Path`");
    }
}

#[test]
fn a_cname_needs_the_domain() {
    let cname = |endpoint: Endpoint| endpoint.with_addressing(Addressing::Cname);
    assert_refused(oss::get_bucket_encryption_request(&cname(oss_endpoint()), "bucket"), "endpoint", "`with_url`");
    assert_refused(obs::get_bucket_encryption_request(&cname(obs_endpoint()), "bucket"), "endpoint", "`with_url`");
    let request = oss_tables::get_table_bucket_encryption_request(&cname(tables()), &arn());
    assert_refused(request, "endpoint", "`with_url`");
}

#[test]
fn signature_versions_are_for_oss() {
    for version in [SignatureVersion::V1, SignatureVersion::V4] {
        let endpoint = obs_endpoint().with_signature_version(version);
        let request = obs::get_bucket_encryption_request(&endpoint, "bucket");
        assert_refused(request, "signature_version", "drop `with_signature_version`");
        assert!(oss::get_bucket_encryption_request(&oss_endpoint().with_signature_version(version), "bucket").is_ok());
    }
    let request =
        oss_tables::get_table_bucket_encryption_request(&tables().with_signature_version(SignatureVersion::V1), &arn());
    assert_refused(request, "signature_version", "drop `with_signature_version`");
    let v4 = tables().with_signature_version(SignatureVersion::V4);
    assert!(oss_tables::get_table_bucket_encryption_request(&v4, &arn()).is_ok());
}

#[test]
fn a_host_that_begins_with_the_bucket_is_refused_with_the_host_behind_it() {
    for (url, fixed) in [
        ("https://bucket.oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com"),
        ("http://bucket.oss-cn-hangzhou-internal.aliyuncs.com:80", "http://oss-cn-hangzhou-internal.aliyuncs.com:80"),
        ("https://bucket.cn-hangzhou.oss.aliyuncs.com", "https://cn-hangzhou.oss.aliyuncs.com"),
    ] {
        for addressing in [Addressing::VirtualHosted, Addressing::Path] {
            let endpoint = oss_endpoint().with_url(url).unwrap().with_addressing(addressing);
            assert_refused(oss::get_bucket_encryption_request(&endpoint, "bucket"), "endpoint", fixed);
        }
        // Another bucket, and a domain that is bound to the bucket.
        let endpoint = oss_endpoint().with_url(url).unwrap();
        assert!(oss::get_bucket_encryption_request(&endpoint, "other").is_ok(), "{url}");
        let cname = endpoint.with_addressing(Addressing::Cname);
        assert_eq!(oss::get_bucket_encryption_request(&cname, "bucket").unwrap().url(), format!("{url}/?encryption"));
    }
    let endpoint = obs_endpoint().with_url("https://bucket.obs.cn-north-4.myhuaweicloud.com").unwrap();
    let request = obs::get_bucket_encryption_request(&endpoint, "bucket");
    assert_refused(request, "endpoint", "https://obs.cn-north-4.myhuaweicloud.com");
}

/// A bucket may be called as a part of the host is.
#[test]
fn a_host_of_the_callers_own_may_begin_with_the_bucket() {
    for (url, bucket) in [
        ("https://storage.example.com", "storage"),
        ("https://oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou"),
        ("https://bucket.oss-cn-hangzhou.aliyuncs.com.example.com", "bucket"),
    ] {
        let endpoint = oss_endpoint().with_url(url).unwrap();
        assert!(oss::get_bucket_encryption_request(&endpoint, bucket).is_ok(), "{url}");
    }
}

#[test]
fn a_label_of_bucket_and_account_over_63_characters_is_for_path_style() {
    for (bucket_length, fits) in [(52, true), (53, false)] {
        let arn = TableBucketArn::new("cn-hangzhou", "1234567890", &"b".repeat(bucket_length)).unwrap();
        let request = oss_tables::get_table_bucket_encryption_request(&tables(), &arn);
        if fits {
            assert!(request.is_ok(), "{bucket_length}");
        } else {
            assert_refused(request, "endpoint", "`Addressing::Path`");
        }
        let path = tables().with_addressing(Addressing::Path);
        assert!(oss_tables::get_table_bucket_encryption_request(&path, &arn).is_ok(), "{bucket_length}");
    }
}

#[test]
fn an_arn_of_another_region_is_refused_unless_the_address_is_the_callers_own() {
    let shanghai = Endpoint::oss_tables("cn-shanghai").unwrap();
    let fix = "`Endpoint::oss_tables(\"cn-hangzhou\")`";
    let aes256 = oss_tables::TableEncryption::aes256();
    assert_refused(oss_tables::get_table_encryption_request(&shanghai, &arn(), "n", "t"), "arn", fix);
    assert_refused(oss_tables::get_table_bucket_encryption_request(&shanghai, &arn()), "arn", fix);
    assert_refused(oss_tables::put_table_bucket_encryption_request(&shanghai, &arn(), &aes256), "arn", fix);
    assert_refused(oss_tables::delete_table_bucket_encryption_request(&shanghai, &arn()), "arn", fix);
    let own = shanghai.with_url("https://tables.example.com").unwrap();
    assert!(oss_tables::get_table_bucket_encryption_request(&own, &arn()).is_ok());
}

#[test]
fn another_services_endpoint_is_refused_with_the_right_constructor() {
    let (rule, setting) = (oss::BucketEncryption::kms(), obs::BucketEncryption::kms());
    let table = oss_tables::TableEncryption::aes256();
    for wrong in [tables(), obs_endpoint()] {
        let fix = "`Endpoint::oss`";
        assert_refused(oss::get_bucket_encryption_request(&wrong, "bucket"), "endpoint", fix);
        assert_refused(oss::put_bucket_encryption_request(&wrong, "bucket", &rule), "endpoint", fix);
        assert_refused(oss::delete_bucket_encryption_request(&wrong, "bucket"), "endpoint", fix);
    }
    for wrong in [oss_endpoint(), obs_endpoint()] {
        let fix = "`Endpoint::oss_tables`";
        assert_refused(oss_tables::get_table_encryption_request(&wrong, &arn(), "n", "t"), "endpoint", fix);
        assert_refused(oss_tables::get_table_bucket_encryption_request(&wrong, &arn()), "endpoint", fix);
        assert_refused(oss_tables::put_table_bucket_encryption_request(&wrong, &arn(), &table), "endpoint", fix);
        assert_refused(oss_tables::delete_table_bucket_encryption_request(&wrong, &arn()), "endpoint", fix);
    }
    for wrong in [oss_endpoint(), tables()] {
        let fix = "`Endpoint::obs`";
        assert_refused(obs::get_bucket_encryption_request(&wrong, "bucket"), "endpoint", fix);
        assert_refused(obs::put_bucket_encryption_request(&wrong, "bucket", &setting), "endpoint", fix);
        assert_refused(obs::delete_bucket_encryption_request(&wrong, "bucket"), "endpoint", fix);
    }
}

#[test]
fn the_arn_of_a_table_is_refused_with_what_to_drop() {
    let table = format!("{}/table/0a1b2c", arn());
    assert_refused(table.parse::<TableBucketArn>(), "arn", "drop `/table/0a1b2c`");
}
