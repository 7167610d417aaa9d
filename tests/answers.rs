//! What this library makes of the answers in `tests/answers`, beside what the vendors' clients made of them when
//! `tests/oracles/record_answers.py` showed them. Where the clients agree, we agree; where the file says what we do and why
//! (`ours`, `why`), we do that, and it must still differ from what some client does.

use std::fmt::Write as _;

use bucket_encryption::{Error, Response, Result, SseAlgorithm, obs, oss, oss_tables};
use serde_json::{Map, Value, json};

const FILES: [(&str, &str); 3] = [
    ("oss", include_str!("answers/oss.jsonl")),
    ("tables", include_str!("answers/tables.jsonl")),
    ("obs", include_str!("answers/obs.jsonl")),
];

#[test]
fn oss_answers_are_understood_as_the_vendors_clients_do() {
    check_all("oss");
}

#[test]
fn oss_tables_answers_are_understood_as_the_vendors_client_does() {
    check_all("tables");
}

#[test]
fn obs_answers_are_understood_as_the_vendors_client_does() {
    check_all("obs");
}

#[test]
fn there_are_enough_answers() {
    let counts: Vec<usize> = FILES.iter().map(|(_, file)| file.lines().count()).collect();
    assert!(counts.iter().sum::<usize>() >= 150 && counts.iter().all(|count| *count >= 50), "{counts:?}");
}

fn check_all(service: &str) {
    let (_, file) = FILES.iter().find(|(name, _)| *name == service).expect("a file for each service");
    let mut wrong = String::new();
    let mut count = 0;
    for line in file.lines() {
        let record: Value = serde_json::from_str(line).expect("an answer is a JSON object");
        if let Err(difference) = check(service, &record) {
            count += 1;
            let _ = writeln!(wrong, "{}: {difference}", record["answer"]);
        }
    }
    assert!(count == 0, "{count} answers:\n{wrong}");
}

fn check(service: &str, record: &Value) -> Result<(), String> {
    let getting = record["operation"].as_str().is_some_and(|operation| operation.starts_with("get"));
    let made = outcome(service, getting, &response(record));
    let clients: Vec<Value> =
        record["clients"].as_object().expect("clients").values().map(|v| from_client(v, getting)).collect();
    let Some(ours) = record.get("ours") else {
        return match clients.iter().find(|theirs| !agrees(&made, theirs)) {
            Some(theirs) => Err(format!("\n  ours:   {made}\n  theirs: {theirs}")),
            None => Ok(()),
        };
    };
    if record["why"].as_str().unwrap_or_default().is_empty() {
        return Err("`ours` without a `why`".to_owned());
    }
    let stated = normal(ours);
    if clients.iter().all(|theirs| agrees(theirs, &stated) && set(theirs) == set(&stated)) {
        return Err(format!("every client does {stated}, so there is nothing to explain: drop `ours` and `why`"));
    }
    // A setting is stated whole; of an error only what the entry is about.
    if !agrees(&made, &stated) || set(&made) != set(&stated) {
        return Err(format!("\n  ours:   {made}\n  stated: {stated}"));
    }
    Ok(())
}

fn response(record: &Value) -> Response {
    let headers: Vec<(&str, &str)> = record["headers"]
        .as_object()
        .expect("headers")
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a header is a text")))
        .collect();
    let body = match (record["body"].as_str(), record["body_base64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (_, Some(encoded)) => base64::Engine::decode(&base64::prelude::BASE64_STANDARD, encoded).expect("base64"),
        _ => Vec::new(),
    };
    let status = record["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    Response::new(status, headers, body)
}

/// What this library makes of it, in the words of the file.
fn outcome(service: &str, getting: bool, response: &Response) -> Value {
    if !getting {
        return match response.check() {
            Ok(()) => json!({"done": true}),
            Err(e) => error(&e),
        };
    }
    let got = match service {
        "oss" => oss::BucketEncryption::from_response(response).map(|found| {
            found.map(|b| {
                fields(
                    &b.sse_algorithm,
                    &[("kms_master_key_id", &b.kms_master_key_id), ("kms_data_encryption", &b.kms_data_encryption)],
                )
            })
        }),
        "tables" => oss_tables::TableEncryption::from_response(response)
            .map(|found| found.map(|t| fields(&t.sse_algorithm, &[("kms_key_arn", &t.kms_key_arn)]))),
        _ => obs::BucketEncryption::from_response(response).map(|found| {
            found.map(|b| {
                let optional = [
                    ("kms_master_key_id", &b.kms_master_key_id),
                    ("kms_data_encryption", &b.kms_data_encryption),
                    ("project_id", &b.project_id),
                ];
                let mut fields = fields(&b.sse_algorithm, &optional);
                if let Some(enabled) = b.bucket_key_enabled {
                    fields["bucket_key_enabled"] = json!(enabled);
                }
                fields
            })
        }),
    };
    match got {
        Ok(None) => json!({"none": true}),
        Ok(Some(setting)) => json!({"setting": setting}),
        Err(e) => error(&e),
    }
}

type Optional<'a> = Option<std::borrow::Cow<'a, str>>;

fn fields(algorithm: &SseAlgorithm<'_>, optional: &[(&str, &Optional<'_>)]) -> Value {
    let mut fields = Map::from_iter([("sse_algorithm".to_owned(), json!(algorithm.as_str()))]);
    fields.extend(
        optional.iter().filter_map(|(name, value)| value.as_ref().map(|value| ((*name).to_owned(), json!(value)))),
    );
    Value::Object(fields)
}

fn error(e: &Error) -> Value {
    match e {
        Error::Decode(_) => json!({"decode": true}),
        Error::Service(s) => json!({"service": {
            "status": s.status(), "code": s.code(), "message": s.message(), "request_id": s.request_id(), "ec": s.ec(),
        }}),
        other => json!({"error": other.to_string()}),
    }
}

/// What a client's verdict asks of us. It failed to read a success: so do we. It read an error whose code says that nothing is set:
/// on a get that is `None`.
fn from_client(verdict: &Value, getting: bool) -> Value {
    let (kind, content) = verdict.as_object().and_then(|v| v.iter().next()).expect("one verdict");
    match kind.as_str() {
        "failed" => json!({"decode": true}),
        "nothing" => json!({"none": true}),
        "done" => json!({"done": true}),
        "error" => {
            let code = content["code"].as_str().unwrap_or_default().trim();
            if getting && ["NoSuchServerSideEncryptionRule", "NoSuchEncryptionConfiguration"].contains(&code) {
                return json!({"none": true});
            }
            normal(&json!({"service": content}))
        }
        "setting" => {
            let setting = normal(verdict);
            // A client has every field that it knows, set or not.
            if setting["setting"].as_object().is_some_and(|fields| fields.values().all(Value::is_null)) {
                return json!({"none": true});
            }
            setting
        }
        other => panic!("no such verdict: {other}"),
    }
}

/// The clients hand texts over as they stand. Blanks around a value carry no meaning, a blank value is one that is not there, and an
/// algorithm is the same in any letter case.
fn normal(outcome: &Value) -> Value {
    let mut outcome = outcome.clone();
    for (kind, content) in outcome.as_object_mut().into_iter().flatten() {
        for (name, value) in content.as_object_mut().into_iter().flatten() {
            let Some(text) = value.as_str().map(str::trim) else { continue };
            *value = match name.as_str() {
                "code" | "message" => json!(text),
                _ if text.is_empty() => Value::Null,
                "sse_algorithm" if kind == "setting" => json!(SseAlgorithm::from(text).as_str()),
                _ => json!(text),
            };
        }
    }
    outcome
}

/// Ours agrees with what is wanted if it has everything that is wanted. A message is wanted only where the answer holds one: where
/// there is none every client, and this library, has words of its own.
fn agrees(ours: &Value, wanted: &Value) -> bool {
    let (Some((our_kind, ours)), Some((kind, wanted))) = (one(ours), one(wanted)) else { return false };
    if our_kind != kind {
        return false;
    }
    let (Some(ours), Some(wanted)) = (ours.as_object(), wanted.as_object()) else { return true };
    wanted.iter().all(|(name, value)| {
        (name == "message" && value.as_str().unwrap_or_default().is_empty())
            || ours.get(name).unwrap_or(&Value::Null) == value
    })
}

/// The fields that a setting holds, without those that are known and not set.
fn set(outcome: &Value) -> Vec<(&String, &Value)> {
    outcome["setting"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).collect()
}

fn one(outcome: &Value) -> Option<(&String, &Value)> {
    outcome.as_object().and_then(|outcome| outcome.iter().next())
}
