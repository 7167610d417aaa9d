//! The vectors of `tests/golden`, asserted stage by stage, so that a failure names the stage. They have methods, paths
//! and headers that this library never sends, so they go through the private stages.

use super::{content_md5, v1, v4};
use crate::request::{encode_path, encode_segment};

/// One `[name]` of a golden file.
#[derive(Default)]
struct Vector {
    name: String,
    fields: Vec<(String, String)>,
    /// The lines behind `|`.
    text: Vec<String>,
}

impl Vector {
    fn all(golden: &str) -> Vec<Self> {
        let mut vectors: Vec<Self> = Vec::new();
        for line in golden.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                vectors.push(Self { name: name.trim_end_matches(']').to_owned(), ..Self::default() });
                continue;
            }
            let vector = vectors.last_mut().expect("a field stands behind a [name]");
            if let Some(text) = line.strip_prefix('|') {
                vector.text.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
            } else {
                let (name, value) = line.split_once(" = ").expect("a field is `name = value`");
                vector.fields.push((name.to_owned(), value.to_owned()));
            }
        }
        vectors
    }

    fn named(golden: &str, name: &str) -> Self {
        Self::all(golden).into_iter().find(|vector| vector.name == name).expect("the golden file has the vector")
    }

    fn every<'v>(&'v self, name: &str) -> impl Iterator<Item = &'v str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.every(name).next()
    }

    #[track_caller]
    fn need(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.name))
    }

    fn secret(&self) -> &str {
        self.get("secret").unwrap_or("sk")
    }

    /// The headers as sent, with their names in lower case.
    fn headers(&self) -> Vec<(String, &str)> {
        let split = |header: &'_ str| header.split_once(": ").map(|(name, _)| name.to_ascii_lowercase());
        self.every("header").map(|header| (split(header).unwrap(), header.split_once(": ").unwrap().1)).collect()
    }

    fn scope(&self) -> v4::Scope<'_> {
        let mut parts = self.need("scope").split('/');
        let (date, region, product) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(parts.next(), Some(v4::TERMINATOR), "{}", self.name);
        v4::Scope { date, region, product }
    }

    /// What a client does before the first stage: picks the headers that are signed, and sorts them and the query.
    fn canonical_request(&self) -> (String, String) {
        let is_signed = |name: &str| name.starts_with("x-oss-") || name == "content-type" || name == "content-md5";
        let sent = self.headers();
        let asked: Vec<String> = self.get("additional").unwrap_or("").split(' ').map(str::to_ascii_lowercase).collect();
        let mut additional: Vec<&str> = sent.iter().map(|(name, _)| name.as_str()).collect();
        additional.retain(|name| asked.iter().any(|asked| asked == name) && !is_signed(name));
        additional.sort_unstable();
        let mut headers = sent.clone();
        headers.retain(|(name, _)| is_signed(name) || additional.contains(&name.as_str()));
        headers.sort();
        let additional = additional.join(";");

        let mut query: Vec<String> = Vec::new();
        for (name, value) in self.every("query").map(|pair| pair.split_once('=').unwrap()) {
            let equals = if value.is_empty() { "" } else { "=" };
            query.push(format!("{}{equals}{}", encode_segment(name), encode_segment(value)));
        }
        query.sort();
        let path = encode_path(self.need("path"));
        (v4::canonical_request(self.need("method"), path, &query.join("&"), &headers, &additional), additional)
    }
}

const V4: &str = include_str!("../../tests/golden/v4.txt");
const V1: &str = include_str!("../../tests/golden/v1.txt");

/// Runs the V4 vectors whose names begin so, and says how many there are.
#[track_caller]
fn check_v4(prefix: &str) -> usize {
    let mut checked = 0;
    for vector in Vector::all(V4).iter().filter(|vector| vector.name.starts_with(prefix)) {
        let name = &vector.name;
        let (canonical_request, additional) = vector.canonical_request();
        assert_eq!(canonical_request, vector.text.join("\n"), "canonical request of {name}");

        let (at, scope) = (vector.need("at"), vector.scope());
        let string_to_sign = v4::string_to_sign(at, &scope, &canonical_request);
        let expected = format!("OSS4-HMAC-SHA256\n{at}\n{}\n{}", vector.need("scope"), vector.need("sha256"));
        assert_eq!(string_to_sign, expected, "string to sign of {name}");

        let key = v4::signing_key(vector.secret(), &scope);
        if let Some(expected) = vector.get("key") {
            assert_eq!(hex(&*key), expected, "signing key of {name}");
        }
        let signature = v4::signature(&key, &string_to_sign);
        assert_eq!(signature, vector.need("signature"), "signature of {name}");

        if let Some(expected) = vector.get("authorization") {
            let authorization = v4::authorization("ak", &scope, &additional, &signature);
            assert_eq!(authorization, expected, "Authorization of {name}");
        }
        checked += 1;
    }
    checked
}

/// Runs the V1 and OBS vectors whose names begin so, and says how many there are.
#[track_caller]
fn check_v1(prefix: &str) -> usize {
    let mut checked = 0;
    for vector in Vector::all(V1).iter().filter(|vector| vector.name.starts_with(prefix)) {
        let name = &vector.name;
        let dialect = if vector.need("dialect") == "OSS" { v1::Dialect::Oss } else { v1::Dialect::Obs };
        let mut headers = vector.headers();
        headers.sort();
        let (method, date, resource) = (vector.need("method"), vector.need("date"), vector.need("resource"));
        let string_to_sign = v1::string_to_sign(dialect, method, date, &headers, resource);
        assert_eq!(string_to_sign, vector.text.join("\n"), "string to sign of {name}");
        if let Some(expected) = vector.get("signature") {
            assert_eq!(v1::signature(vector.secret(), &string_to_sign), expected, "signature of {name}");
        }
        checked += 1;
    }
    checked
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[test]
fn v4_signs_a_plain_request() {
    assert_eq!(check_v4("V4-H1"), 1);
}

#[test]
fn v4_signs_the_security_token() {
    assert_eq!(check_v4("V4-H2"), 1);
}

#[test]
fn v4_signs_additional_headers_and_names_only_those_that_are_there_and_not_signed_anyway() {
    assert_eq!(check_v4("V4-H3"), 2);
}

#[test]
fn v4_scopes_name_any_product() {
    assert_eq!(check_v4("V4-H4"), 1);
}

#[test]
fn v4_leaves_out_the_equals_sign_of_a_query_key_without_a_value() {
    assert_eq!(check_v4("V4-H5"), 1);
}

#[test]
fn v4_signs_the_documentations_example() {
    assert_eq!(check_v4("V4-H6"), 1);
}

#[test]
fn v4_signs_the_documentations_example_with_the_key_that_it_prints() {
    let vector = Vector::named(V4, "V4-H6 the documentation's example");
    let string_to_sign = v4::string_to_sign(vector.need("at"), &vector.scope(), &vector.canonical_request().0);
    let printed = "3543b7686e65eda71e5e5ca19d548d78423c37e8ddba4dc9d83f90228b457c76";
    let key: Vec<u8> = printed
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let signature = v4::signature(&key.try_into().unwrap(), &string_to_sign);
    assert_eq!(signature, "053edbf550ebd239b32a9cdfd93b0b2b3f2d223083aa61f75e9ac16856d61f23");
}

#[test]
fn v4_signs_what_the_vendors_clients_send_to_oss() {
    assert_eq!(check_v4("OSS bucket: "), 8);
}

#[test]
fn v4_signs_what_the_vendors_clients_send_to_oss_tables() {
    assert_eq!(check_v4("OSS Tables "), 7);
}

#[test]
fn v4_trims_values_and_lowers_names() {
    let headers = [("Content-Type", " text/plain\t"), ("X-Oss-Meta-A", "two  blanks ")];
    let text = v4::canonical_request("GET", "/", "", &headers, "");
    assert_eq!(text, "GET\n/\n\ncontent-type:text/plain\nx-oss-meta-a:two  blanks\n\n\nUNSIGNED-PAYLOAD");
}

#[test]
fn v4_names_no_additional_headers_where_there_are_none() {
    let scope = v4::Scope { date: "20250410", region: "cn-hangzhou", product: "oss" };
    let plain = "OSS4-HMAC-SHA256 Credential=ak/20250410/cn-hangzhou/oss/aliyun_v4_request,Signature=0f";
    assert_eq!(v4::authorization("ak", &scope, "", "0f"), plain);
    let additional = plain.replace(",Signature", ",AdditionalHeaders=abc;zabc,Signature");
    assert_eq!(v4::authorization("ak", &scope, "abc;zabc", "0f"), additional);
}

#[test]
fn v4_keys_differ_by_every_part_of_the_scope() {
    let key = |secret, date, region, product| hex(&*v4::signing_key(secret, &v4::Scope { date, region, product }));
    let first = key("sk", "20250410", "cn-hangzhou", "oss");
    assert_eq!(first, "38c3a152e3ca86c007ff9df58e524f4cc89fef223cdcf0e36fa2861413f903ec");
    assert_eq!(
        key("sk", "20250410", "cn-hangzhou", "osstables"),
        "0b8014903f5e4003714dfde479d813ecadca48a93eb965b97a8ae61cbb38e591"
    );
    assert_ne!(first, key("ks", "20250410", "cn-hangzhou", "oss"));
    assert_ne!(first, key("sk", "20250411", "cn-hangzhou", "oss"));
    assert_ne!(first, key("sk", "20250410", "cn-shanghai", "oss"));
}

#[test]
fn v1_signs_the_documentations_example() {
    assert_eq!(check_v1("V1-1"), 1);
}

#[test]
fn v1_takes_the_vendors_date_header_and_subresources() {
    assert_eq!(check_v1("V1-"), 5);
}

/// A date header of the vendor's own: OSS signs it in the place of `Date`, OBS among the headers alone.
#[test]
fn v1_and_obs_sign_the_vendors_date_header_when_date_differs() {
    let text = |dialect, name| v1::string_to_sign(dialect, "GET", "Date", &[(name, "own date")], "/bucket/");
    assert_eq!(text(v1::Dialect::Oss, "x-oss-date"), "GET\n\n\nown date\nx-oss-date:own date\n/bucket/");
    assert_eq!(text(v1::Dialect::Obs, "x-obs-date"), "GET\n\n\n\nx-obs-date:own date\n/bucket/");
    assert_eq!(text(v1::Dialect::Oss, "x-obs-date"), "GET\n\n\nDate\n/bucket/");
    assert_eq!(text(v1::Dialect::Obs, "x-oss-date"), "GET\n\n\nDate\n/bucket/");
}

#[test]
fn v1_signs_what_the_vendors_clients_send_to_oss() {
    assert_eq!(check_v1("OSS "), 8);
}

#[test]
fn obs_signs_the_vendors_examples() {
    assert_eq!(check_v1("OBS-"), 3);
}

#[test]
fn obs_strings_to_sign_are_those_of_the_documentation() {
    assert_eq!(check_v1("page: "), 7);
}

#[test]
fn obs_signs_what_the_vendors_clients_send() {
    assert_eq!(check_v1("OBS "), 8);
}

#[test]
fn v1_and_obs_trim_values() {
    let headers = [("content-md5", " abc "), ("content-type", "text/plain "), ("x-oss-a", " 1 "), ("x-obs-a", "\t2")];
    let text = |dialect| v1::string_to_sign(dialect, "GET", "now", &headers, "/bucket/");
    assert_eq!(text(v1::Dialect::Oss), "GET\nabc\ntext/plain\nnow\nx-oss-a:1\n/bucket/");
    assert_eq!(text(v1::Dialect::Obs), "GET\nabc\ntext/plain\nnow\nx-obs-a:2\n/bucket/");
}

#[test]
fn v1_and_obs_differ_in_the_first_word_of_authorization() {
    assert_eq!(v1::authorization(v1::Dialect::Oss, "ak", "c2ln"), "OSS ak:c2ln");
    assert_eq!(v1::authorization(v1::Dialect::Obs, "ak", "c2ln"), "OBS ak:c2ln");
}

#[test]
fn a_content_md5_is_the_base64_of_the_digest() {
    let key = "9468da86-3509-4f8d-a61e-6eab1eac0000";
    let default = "ApplyServerSideEncryptionByDefault";
    for (body, digest) in [
        (String::new(), "1B2M2Y8AsgTpgAmY7PhCfg=="),
        (
            format!(
                "<ServerSideEncryptionRule><{default}><KMSMasterKeyID>{key}</KMSMasterKeyID><KMSDataEncryption>SM4\
                 </KMSDataEncryption><SSEAlgorithm>KMS</SSEAlgorithm></{default}></ServerSideEncryptionRule>"
            ),
            "HzeH+KnAUaTWu/knZJJ8yg==",
        ),
        (r#"{"encryptionConfiguration": {"sseAlgorithm": "AES256"}}"#.to_owned(), "8brxxND+ziGAM1VKSOGH2A=="),
        (
            r#"{"encryptionConfiguration":{"kmsKeyArn":"","sseAlgorithm":"AES256"}}"#.to_owned(),
            "Ac4+8X05GW8tgCyE3P+XQw==",
        ),
    ] {
        assert_eq!(content_md5(body.as_bytes()), digest, "{body:?}");
    }
}

#[test]
fn paths_keep_unreserved_characters_and_slashes() {
    for (path, encoded) in [
        ("/bucket/a-b_c.d~e", "/bucket/a-b_c.d~e"),
        ("/1234+-/123/1.txt", "/1234%2B-/123/1.txt"),
        ("/a b", "/a%20b"),
        ("/acs:osstables", "/acs%3Aosstables"),
        ("/100%", "/100%25"),
        ("/*'()!", "/%2A%27%28%29%21"),
        ("/密", "/%E5%AF%86"),
    ] {
        assert_eq!(encode_path(path).to_string(), encoded, "{path:?}");
        assert_eq!(encode_segment(path).to_string(), encoded.replace('/', "%2F"), "{path:?}");
    }
}
