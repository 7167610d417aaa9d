//! Replays the corpus of the fuzzers, and what a few thousand changes make of it.

#[path = "../fuzz/checks.rs"]
mod checks;

use std::fs;
use std::path::Path;

/// Fails if the input breaks what must hold.
type Check = fn(&[u8]);

/// The targets of `fuzz/`.
const TARGETS: [(&str, Check); 6] = [
    ("oss_xml", checks::oss_xml),
    ("obs_xml", checks::obs_xml),
    ("tables_json", checks::tables_json),
    ("error_body", checks::error_body),
    ("arn", checks::arn),
    ("url", checks::url),
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target}");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpus_holds() {
    for (target, check) in TARGETS {
        for data in corpus(target) {
            check(&data);
        }
    }
}

#[test]
fn every_truncation_of_the_corpus_holds() {
    for (target, check) in TARGETS {
        for data in corpus(target) {
            (0..data.len()).for_each(|length| check(&data[..length]));
        }
    }
}

#[test]
fn thousands_of_changes_to_the_corpus_hold() {
    for (target, check) in TARGETS {
        let corpus = corpus(target);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..3000 {
            let mut data = random.of(&corpus).clone();
            for _ in 0..=random.below(3) {
                random.change(&mut data, &corpus);
            }
            check(&data);
        }
    }
}

/// A generator that gives the same numbers every time (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end
    }

    fn of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }

    fn change(&mut self, data: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        const PIECES: [&[u8]; 16] = [
            b"<",
            b">",
            b"</",
            b"/>",
            b"&amp;",
            b"<![CDATA[",
            b"]]>",
            b"<!--",
            b"\"",
            b"{",
            b"}",
            b"null",
            b"\\u0000",
            b"\xef\xbb\xbf",
            b"\xc2\xa0",
            b"None",
        ];
        let at = self.below(data.len() + 1);
        let to = at + self.below(data.len() - at + 1).min(20);
        match self.below(4) {
            0 => drop(data.splice(at..to, self.of(&PIECES).iter().copied())),
            1 => drop(data.drain(at..to)),
            2 => {
                let piece = data[at..to].to_vec();
                data.splice(at..at, piece);
            }
            _ => {
                let other = self.of(corpus).clone();
                let from = self.below(other.len() + 1);
                data.splice(at..to, other[from..].iter().copied().take(60));
            }
        }
    }
}
