//! No secret and no token is shown: by no type, no error, no log line, whatever a server echoes.

use std::error::Error as _;
use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::time::SystemTime;

use bucket_encryption::ureq::{Agent, Proxy};
use bucket_encryption::{
    Cloud, Credentials, Endpoint, Error, RenewingCredentials, Response, SignatureVersion, TableBucketArn, obs, oss,
    oss_tables,
};

use crate::common::{Act, BUCKET, SECRET, Server, TOKEN, answer, answer_bytes, arn, credentials, logs};

/// How much of a secret counts as shown.
const WINDOW: usize = 8;

/// Fails if the text shows a part of the secret or the token, in any spelling that a reader could undo.
#[track_caller]
fn check(what: &str, text: &str) {
    let mut plain = text.to_owned();
    for (spelt, c) in [
        ("%25", "%"),
        ("%2B", "+"),
        ("%2b", "+"),
        ("%2F", "/"),
        ("%2f", "/"),
        ("%3D", "="),
        ("%3d", "="),
        ("&#43;", "+"),
        ("&#x2B;", "+"),
        ("&#47;", "/"),
        ("&#x2F;", "/"),
        ("&#61;", "="),
        ("\\/", "/"),
        ("\\u002b", "+"),
        ("\\u002f", "/"),
        ("\\u003d", "="),
    ] {
        if plain.contains(spelt) {
            plain = plain.replace(spelt, c);
        }
    }
    for secret in [SECRET, TOKEN] {
        for window in secret.as_bytes().windows(WINDOW) {
            let window = str::from_utf8(window).unwrap();
            assert!(!text.contains(window) && !plain.contains(window), "{what} shows {window:?}: {text}");
        }
    }
}

#[track_caller]
fn check_debug(what: &str, value: &impl Debug) {
    check(what, &format!("{value:?}"));
    check(what, &format!("{value:#?}"));
}

#[track_caller]
fn check_error(what: &str, error: &Error) {
    check_debug(what, &error);
    check(what, &error.to_string());
    check(what, &format!("{error:#}"));
    let mut source = error.source();
    while let Some(cause) = source {
        check_debug(what, &cause);
        check(what, &cause.to_string());
        source = cause.source();
    }
    match error {
        Error::Service(service) => {
            let texts = [service.request_id(), service.ec(), service.host_id(), service.endpoint()];
            let more = [Some(service.code()), Some(service.message()), service.region(), service.advice()];
            texts.into_iter().chain(more).flatten().for_each(|text| check(what, text));
            check_debug(what, service);
            check_debug(what, &service.signature_mismatch());
        }
        Error::Decode(decode) => {
            check(what, decode.problem());
            check(what, decode.snippet());
            check_debug(what, decode);
        }
        Error::Transport(transport) => {
            check_debug(what, transport);
            check(what, &transport.to_string());
        }
        Error::Input(input) => {
            check_debug(what, input);
            check(what, input.problem());
        }
        _ => {}
    }
}

#[test]
fn no_type_shows_a_secret() {
    let keys = credentials();
    check_debug("Credentials", &keys);
    check_debug("Credentials", &keys.clone().with_expiry(SystemTime::now()));
    let renewing = RenewingCredentials::new(move || Ok(credentials()));
    check_debug("RenewingCredentials", &renewing);
    check_debug("RenewingCredentials", &renewing.get().unwrap());
    check_debug("RenewingCredentials", &renewing);
    check_debug("Cloud", &Cloud::Alibaba);

    let (oss, tables, obs) = (
        Endpoint::oss("cn-hangzhou").unwrap(),
        Endpoint::oss_tables("cn-hangzhou").unwrap(),
        Endpoint::obs("cn-north-4").unwrap(),
    );
    let v1 = oss.clone().with_signature_version(SignatureVersion::V1);
    let requests = [
        oss::get_bucket_encryption_request(&oss, BUCKET),
        oss::get_bucket_encryption_request(&v1, BUCKET),
        oss::put_bucket_encryption_request(&v1, BUCKET, &oss::BucketEncryption::kms()),
        oss_tables::get_table_encryption_request(&tables, &arn(), "a", "b"),
        obs::put_bucket_encryption_request(&obs, BUCKET, &obs::BucketEncryption::kms()),
    ];
    for request in requests {
        let request = request.unwrap();
        check_debug("Request", &request);
        let signed = request.sign(&keys, SystemTime::now()).unwrap();
        check_debug("SignedRequest", &signed);
        check_debug("SignedRequest", &signed.clone());
        let signature = signed.headers().find(|(name, _)| *name == "Authorization").unwrap().1.to_owned();
        let (_, signature) = signature.rsplit_once("Signature=").or(signature.rsplit_once(':')).unwrap();
        assert!(!format!("{signed:?}").contains(signature), "{signed:?}");
    }
    for endpoint in [oss, tables, obs] {
        check_debug("Endpoint", &endpoint);
    }
    check_debug("Response", &Response::new(403, [("x-oss-request-id", TOKEN)], TOKEN.as_bytes().to_vec()));
}

#[test]
fn no_refused_argument_shows_a_secret() {
    for bad in [" ", "\n", "\u{7f}", "\u{a0}"] {
        let refused = [
            Credentials::new("id", format!("{SECRET}{bad}")).map(|_| ()),
            Credentials::new("id", format!("{bad}{SECRET}")).map(|_| ()),
            Credentials::new("id", "the secret").unwrap().with_security_token(format!("{TOKEN}{bad}")).map(|_| ()),
            // The secret and the id exchanged.
            Credentials::new(format!("{SECRET}{bad}"), "id").map(|_| ()),
        ];
        for result in refused {
            check_error("a refused key", &result.unwrap_err());
        }
    }
    check_error("a secret for an id", &Credentials::new(SECRET, "id").unwrap_err());
    // A URL with a password.
    let url = format!("https://user:{}@host", SECRET.replace('/', ""));
    let error = Endpoint::oss("cn-hangzhou").unwrap().with_url(&url).unwrap_err();
    assert!(!format!("{error:?}").contains("qZ7vXk2"), "{error:?}");
}

/// The lines of a request that are worth stealing, and what a server may have made of them.
fn echoes(request: &str) -> Vec<(&'static str, String)> {
    let percent = |text: &str| text.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let html = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('+', "&#43;").replace('=', "&#61;");
    let json = |text: &str| serde_json::to_string(text).unwrap().replace('/', "\\/").replace('+', "\\u002b");
    let all = format!("{SECRET} {request}");
    let string_to_sign = format!("GET\n\n\nThu\nx-oss-security-token:{TOKEN}\n/{BUCKET}/?encryption");
    let mut echoes = vec![
        ("text", all.clone()),
        ("the token alone", TOKEN.to_owned()),
        ("percent", percent(&all)),
        ("percent twice", percent(&percent(&all))),
        ("a page", format!("<html><body><pre>{}</pre></body></html>", html(&all))),
        ("JSON", format!(r#"{{"message":{}}}"#, json(&all))),
        ("JSON code", format!(r#"{{"code":{0},"request_id":{0},"EC":{0},"HostId":{0},"Endpoint":{0}}}"#, json(TOKEN))),
        ("nested JSON", format!(r#"{{"Error":{{"Code":"X","Message":{}}}}}"#, json(&all))),
        ("broken JSON", format!(r#"{{"message":{}"#, json(&all))),
        ("broken XML", format!("<Error><Message>{}", html(&all))),
        (
            "a setting",
            format!(
                "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{}\
            </SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
                html(TOKEN)
            ),
        ),
        (
            "a JSON setting",
            format!(r#"{{"encryptionConfiguration":{{"sseAlgorithm":{0},"kmsKeyArn":{0}}}}}"#, json(TOKEN)),
        ),
    ];
    for name in ["Code", "Message", "RequestId", "HostId", "EC", "Endpoint", "StringToSign", "CanonicalRequest", "X"] {
        let code = if name == "Code" { "" } else { "<Code>SignatureDoesNotMatch</Code>" };
        echoes.push(("CDATA", format!("<Error>{code}<{name}><![CDATA[{TOKEN}]]></{name}></Error>")));
        for text in [TOKEN, SECRET, &string_to_sign] {
            echoes.push(("XML", format!("<Error>{code}<{name}>{}</{name}></Error>", html(text))));
        }
    }
    // A snippet is cut after 256 characters, which may be in the middle of it.
    for before in (190..260).step_by(7) {
        echoes.push(("cut", format!("{}{}", "x".repeat(before), TOKEN)));
        echoes.push(("cut page", format!("{}{}", "x".repeat(before), html(TOKEN))));
        echoes.push(("cut percent", format!("{}{}", "x".repeat(before), percent(TOKEN))));
    }
    echoes
}

#[track_caller]
fn check_calls(what: &str, server: &Server) {
    let keys = credentials();
    let (oss, tables, obs) = (server.oss(), server.oss_tables(), server.obs());
    match oss::get_bucket_encryption(&keys, &oss, BUCKET) {
        Ok(setting) => check_debug(what, &setting),
        Err(error) => check_error(what, &error),
    }
    match oss_tables::get_table_bucket_encryption(&keys, &tables, &arn()) {
        Ok(setting) => check_debug(what, &setting),
        Err(error) => check_error(what, &error),
    }
    let v1 = oss.with_signature_version(SignatureVersion::V1);
    let setting = oss::BucketEncryption::aes256();
    let results =
        [oss::put_bucket_encryption(&keys, &v1, BUCKET, &setting), obs::delete_bucket_encryption(&keys, &obs, BUCKET)];
    results.into_iter().filter_map(Result::err).for_each(|error| check_error(what, &error));
}

#[test]
fn no_error_shows_what_a_server_echoes_in_a_body() {
    logs::capture();
    let count = echoes("").len();
    for number in 0..count {
        for status in [200, 403] {
            let act = Act::Answer(Arc::new(move |request| answer(status, &[], &echoes(request)[number].1)));
            let server = Server::new(vec![act]);
            check_calls(&format!("{} with {status}", echoes("")[number].0), &server);
        }
    }
    check_logs();
}

#[test]
fn no_error_shows_a_token_that_was_cut() {
    // What is no text is searched only in its snippet, which may end in the middle of a token.
    for before in (180..256).step_by(5) {
        for status in [200, 403] {
            let body = [&b"x".repeat(before), TOKEN.as_bytes(), b"\xff"].concat();
            let server = Server::new(vec![Act::Send(answer_bytes(status, &[], &body))]);
            let error = oss::get_bucket_encryption(&credentials(), &server.oss(), BUCKET).unwrap_err();
            check_error("a cut token", &error);
            assert!(error.to_string().contains("xxxx"), "{error}");
        }
    }
}

#[test]
fn no_error_shows_what_a_server_echoes_in_a_header() {
    logs::capture();
    let document = format!("<Error><Code>X</Code><Message>{TOKEN} {SECRET}</Message></Error>");
    let base64 = base64(document.as_bytes());
    for status in [200, 301, 403, 503] {
        for name in [
            "x-oss-err",
            "x-oss-ec",
            "x-oss-request-id",
            "x-oss-error-type",
            "x-obs-request-id",
            "x-obs-id-2",
            "x-obs-error-code",
            "x-obs-error-message",
            "Location",
            "Retry-After",
            "WWW-Authenticate",
            "Set-Cookie",
        ] {
            let location = format!("https://{TOKEN}.example/{SECRET}");
            for value in [TOKEN, SECRET, &base64, &location] {
                let server = Server::new(vec![answer(status, &[(name, value), ("Connection", "close")], "")]);
                let endpoint = server.oss().with_max_attempts(1);
                if let Err(error) = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET) {
                    check_error(name, &error);
                }
            }
        }
    }
    // Not in `Server`, `Date`, `Content-Type` and the like: ureq prints these at debug.
    check_logs();
}

#[test]
fn no_error_shows_what_a_server_echoes_in_place_of_http() {
    logs::capture();
    for head in [
        format!("{TOKEN}\r\n\r\n"),
        format!("HTTP/1.1 {TOKEN} OK\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{TOKEN}: {SECRET}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{TOKEN}\r\n"),
        format!("HTTP/1.1 200 {TOKEN}\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let server = Server::new(vec![Act::SendAndClose(head.into_bytes())]);
        check_calls("no HTTP", &server);
    }
    // A proxy that refuses with what it was told.
    let act = Act::Answer(Arc::new(|_| answer(407, &[("Proxy-Authenticate", TOKEN)], SECRET)));
    let server = Server::new(vec![act]);
    let url = server.url().replace("http://", &format!("http://user:{}@", SECRET.replace(['/', '+'], "")));
    let proxy = Proxy::new(&url).unwrap();
    let agent = Agent::config_builder().proxy(Some(proxy)).build().new_agent();
    for url in ["https://oss.example", "http://oss.example"] {
        let endpoint = Endpoint::oss("cn-hangzhou").unwrap().with_url(url).unwrap().with_agent(agent.clone());
        let error = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET).unwrap_err();
        assert!(!format!("{error:?} {error:#}").contains("qZ7vXk2"), "{error:?}");
        check_error("a proxy", &error);
    }
    check_logs();
}

#[test]
fn no_panic_shows_what_a_server_echoes() {
    let unwrap = |error: Error| {
        let result: Result<(), Error> = Err(error);
        let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| std::hint::black_box(result).unwrap()));
        check("what unwrap prints", payload.unwrap_err().downcast_ref::<String>().unwrap());
    };
    for act in [answer(403, &[], TOKEN), answer(200, &[], SECRET), Act::SendAndClose(TOKEN.as_bytes().to_vec())] {
        let server = Server::new(vec![act]);
        unwrap(oss::get_bucket_encryption(&credentials(), &server.oss(), BUCKET).unwrap_err());
    }
    unwrap(Credentials::new("id", format!("{SECRET}\n")).unwrap_err());
}

/// All lines of this process, of ours and of ureq's, down to debug.
fn check_logs() {
    let lines = logs::lines_with("");
    assert!(lines.iter().any(|line| line.contains("ureq")), "{} lines", lines.len());
    assert!(lines.iter().any(|line| line.starts_with("DEBUG bucket_encryption:")), "{} lines", lines.len());
    check("a log line", &lines.join("\n"));
}

#[test]
fn names_are_shown_and_hold_no_secret() {
    fn shown(value: &(impl Display + Debug)) -> String {
        format!("{value} {value:?}")
    }
    let arn: TableBucketArn = arn();
    assert!(shown(&arn).contains(BUCKET));
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(DIGITS[number >> (18 - 6 * place) & 63].into());
        }
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}
