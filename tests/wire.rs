//! What we send beside what the vendors' clients send, header by header. Theirs is in `tests/wire/vendors.jsonl`, written by
//! `tests/oracles/record_wire.py`; ours is caught on a socket here. Every difference stands in `tests/wire/differences.md` with its
//! reason: one that does not is a failure, and so is a row that no longer says what happens.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use bucket_encryption::ureq::{Agent, Proxy};
use bucket_encryption::{
    Addressing, Credentials, Endpoint, Result, SignatureVersion, TableBucketArn, obs, oss, oss_tables,
};
use serde_json::Value;

const VENDORS: &str = include_str!("wire/vendors.jsonl");
const TABLE: &str = include_str!("wire/differences.md");

const BUCKET: &str = "examplebucket";
const KMS_KEY: &str = "9468da86-3509-4f8d-a61e-6eab1eac0000";

/// Client, operation, what differs, theirs, ours.
type Difference = (String, String, String, String, String);

#[test]
fn what_we_send_differs_from_the_vendors_clients_only_where_the_table_says_so() {
    let (mut found, mut operations) = (BTreeSet::new(), BTreeMap::<String, Vec<String>>::new());
    for line in VENDORS.lines() {
        let record: Value = serde_json::from_str(line).expect("a request is a JSON object");
        let (client, operation) =
            (record["client"].as_str().expect("a client"), record["operation"].as_str().expect("an operation"));
        operations.entry(client.to_owned()).or_default().push(operation.to_owned());
        let theirs: BTreeMap<String, String> = record["sent"]
            .as_object()
            .expect("lines")
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
            .collect();
        let ours = line_by_line(&sent(client, operation));
        let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        let line = |of: &BTreeMap<String, String>, name| of.get(name).cloned().unwrap_or_else(|| "nothing".to_owned());
        found.extend(names.into_iter().filter(|name| theirs.get(*name) != ours.get(*name)).map(|name| {
            (client.to_owned(), operation.to_owned(), name.clone(), line(&theirs, name), line(&ours, name))
        }));
    }
    let listed = table(&operations);
    let unlisted: Vec<&Difference> = found.difference(&listed).collect();
    let outdated: Vec<&Difference> = listed.difference(&found).collect();
    assert!(
        unlisted.is_empty() && outdated.is_empty(),
        "not in tests/wire/differences.md (client, operation, what, theirs, ours):\n{}\nin it, and not so any more:\n{}",
        lines(&unlisted),
        lines(&outdated)
    );
}

fn lines(differences: &[&Difference]) -> String {
    differences.iter().map(|difference| format!("  {difference:?}")).collect::<Vec<_>>().join("\n")
}

/// The rows of the table, each spelt out for every client and operation that it names.
fn table(operations: &BTreeMap<String, Vec<String>>) -> BTreeSet<Difference> {
    let mut listed = BTreeSet::new();
    for row in TABLE.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [clients, which, what, theirs, ours, why] = cells[..] else { panic!("not six cells: {row}") };
        assert!(why.len() > 10, "no reason: {row}");
        for client in clients.split(", ") {
            let known = operations.get(client).unwrap_or_else(|| panic!("no such client: {row}"));
            let meant: Vec<&String> = known
                .iter()
                .filter(|operation| which == "all" || which.split(", ").any(|verb| operation.starts_with(verb)))
                .collect();
            assert!(!meant.is_empty(), "{client} has no such operation: {row}");
            for operation in meant {
                let bare = |cell: &str| cell.trim_matches('`').to_owned();
                let difference = (client.to_owned(), operation.clone(), bare(what), bare(theirs), bare(ours));
                assert!(listed.insert(difference), "listed twice, for {client} and {operation}: {row}");
            }
        }
    }
    listed
}

/// Makes the call that `record_wire.py` makes with the vendor's client, and gives the bytes that arrive.
fn sent(client: &str, operation: &str) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let proxy = format!("http://{}", listener.local_addr().expect("an address"));
    let caught = thread::spawn(move || catch(&listener));
    // The services' real names are spoken to through a proxy, which is the listener.
    let agent: Agent = Agent::config_builder().proxy(Some(Proxy::new(&proxy).expect("a proxy"))).build().into();
    let answered =
        call(client, operation, |endpoint, url| Ok(endpoint.with_url(url)?.with_agent(agent).with_max_attempts(1)));
    let error = answered.expect_err("the listener answers 404 and nothing else");
    assert_eq!(
        error.service().map(bucket_encryption::ServiceError::status),
        Some(404),
        "{client} {operation}: {error}"
    );
    caught.join().expect("one request")
}

fn call(client: &str, operation: &str, at: impl FnOnce(Endpoint, &str) -> Result<Endpoint>) -> Result<()> {
    let credentials = Credentials::new("AK", "SK")?.with_security_token("to/k+en=")?;
    let addressing = if client.ends_with(" path") { Addressing::Path } else { Addressing::VirtualHosted };
    match client {
        "esdk-obs" => {
            let endpoint = at(Endpoint::obs("cn-north-4")?, "http://obs.cn-north-4.myhuaweicloud.com")?;
            let setting = obs::BucketEncryption::kms().with_kms_master_key_id(KMS_KEY);
            match operation {
                "get_bucket_encryption" => obs::get_bucket_encryption(&credentials, &endpoint, BUCKET).map(drop),
                "put_bucket_encryption" => obs::put_bucket_encryption(&credentials, &endpoint, BUCKET, &setting),
                "delete_bucket_encryption" => obs::delete_bucket_encryption(&credentials, &endpoint, BUCKET),
                other => panic!("no such operation: {other}"),
            }
        }
        "v2 tables" | "v2 tables path" => {
            let endpoint = at(Endpoint::oss_tables("cn-hangzhou")?, "http://cn-hangzhou.oss-tables.aliyuncs.com")?;
            let endpoint = endpoint.with_addressing(addressing);
            let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "example-tables")?;
            let setting = oss_tables::TableEncryption::aes256();
            match operation {
                "get_table_encryption" => {
                    oss_tables::get_table_encryption(&credentials, &endpoint, &arn, "sales", "orders").map(drop)
                }
                "get_table_bucket_encryption" => {
                    oss_tables::get_table_bucket_encryption(&credentials, &endpoint, &arn).map(drop)
                }
                "put_table_bucket_encryption" => {
                    oss_tables::put_table_bucket_encryption(&credentials, &endpoint, &arn, &setting)
                }
                "delete_table_bucket_encryption" => {
                    oss_tables::delete_table_bucket_encryption(&credentials, &endpoint, &arn)
                }
                other => panic!("no such operation: {other}"),
            }
        }
        _ => {
            let version = if client.contains(" v1") { SignatureVersion::V1 } else { SignatureVersion::V4 };
            let endpoint = at(Endpoint::oss("cn-hangzhou")?, "http://oss-cn-hangzhou.aliyuncs.com")?;
            let endpoint = endpoint.with_signature_version(version).with_addressing(addressing);
            let setting = oss::BucketEncryption::kms().with_kms_master_key_id(KMS_KEY).with_kms_data_encryption("SM4");
            match operation {
                "get_bucket_encryption" => oss::get_bucket_encryption(&credentials, &endpoint, BUCKET).map(drop),
                "put_bucket_encryption" => oss::put_bucket_encryption(&credentials, &endpoint, BUCKET, &setting),
                "delete_bucket_encryption" => oss::delete_bucket_encryption(&credentials, &endpoint, BUCKET),
                other => panic!("no such operation: {other}"),
            }
        }
    }
}

/// Opens the tunnel that is asked for, takes one request out of it, and answers 404.
fn catch(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().expect("a connection");
    let tunnel = read_request(&mut stream);
    assert!(tunnel.starts_with(b"CONNECT "), "{}", String::from_utf8_lossy(&tunnel));
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("an open tunnel");
    let request = read_request(&mut stream);
    stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("an answer");
    request
}

fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |n| n.trim().parse().expect("a length"));
            if read.len() >= end + 4 + length {
                return read;
            }
        }
        let count = stream.read(&mut chunk).expect("a request");
        assert!(count > 0, "the request ended early: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&chunk[..count]);
    }
}

fn line_by_line(request: &[u8]) -> BTreeMap<String, String> {
    let request = String::from_utf8(request.to_vec()).expect("a request in UTF-8");
    let (head, body) = request.split_once("\r\n\r\n").expect("a whole head");
    let (first, headers) = head.split_once("\r\n").expect("headers");
    let mut lines = BTreeMap::from([("request line".to_owned(), first.to_owned())]);
    for line in headers.split("\r\n") {
        let (name, value) = line.split_once(':').expect("a header");
        let name = name.to_lowercase();
        let value = marked(&name, value.trim());
        assert!(lines.insert(name, value).is_none(), "sent twice: {line}");
    }
    if !body.is_empty() {
        lines.insert("body".to_owned(), body.to_owned());
    }
    lines
}

/// The marks of `record_wire.py`, each only where the value has exactly that shape.
fn marked(name: &str, value: &str) -> String {
    let shape = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    match name {
        "user-agent" if value.starts_with("bucket-encryption/") => "<the client's name>".to_owned(),
        "x-oss-date" if shape(value) == "00000000T000000Z" => "<yyyymmddThhmmssZ>".to_owned(),
        "date" if value.len() == 29 && httpdate::parse_http_date(value).is_ok() => "<HTTP date>".to_owned(),
        "authorization" => {
            if let Some((credential, signature)) = value.split_once("Signature=") {
                let hex = signature.len() == 64 && signature.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                let signature = if hex { "<64 hex digits>" } else { signature };
                let scope = credential.split('/').map(|part| if shape(part) == "00000000" { "<day>" } else { part });
                return format!("{}Signature={signature}", scope.collect::<Vec<_>>().join("/"));
            }
            match value.split_once(':') {
                Some((key, signature)) if signature.len() == 28 && signature.ends_with('=') => {
                    format!("{key}:<28 base64 digits>")
                }
                _ => value.to_owned(),
            }
        }
        _ => value.to_owned(),
    }
}
