//! Compares pieces of work that do the same, in one run: absolute times are the machine's, ratios are ours.

use std::time::{Duration, Instant};

use super::allocations;

/// How long one batch of a piece of work takes at least.
const BATCH: Duration = Duration::from_micros(250);

/// How many batches each piece gets, in turn with the others.
const ROUNDS: usize = 400;

/// Pieces of work to compare.
pub struct Comparison<'a> {
    title: String,
    pieces: Vec<Piece<'a>>,
}

struct Piece<'a> {
    name: &'static str,
    work: Box<dyn FnMut() + 'a>,
    repeats: u32,
    allocations: u64,
    /// Nanoseconds a repeat, in each round.
    times: Vec<f64>,
}

/// Nanoseconds a repeat by name, to compute ratios from.
pub struct Times(Vec<(&'static str, f64)>);

impl<'a> Comparison<'a> {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), pieces: Vec::new() }
    }

    /// Adds a piece. Its result goes where the optimiser cannot see that nobody wants it.
    pub fn with<T>(mut self, name: &'static str, mut work: impl FnMut() -> T + 'a) -> Self {
        let work = Box::new(move || drop(std::hint::black_box(work())));
        self.pieces.push(Piece { name, work, repeats: 1, allocations: 0, times: Vec::new() });
        self
    }

    /// Runs the pieces in turn, prints a table, and returns each one's time: the lowest tenth of its rounds, because
    /// other work on the machine can only add to a time.
    pub fn run(mut self) -> Times {
        for piece in &mut self.pieces {
            piece.allocations = allocations::count(&mut piece.work);
            while piece.batch() < BATCH {
                piece.repeats *= 2;
            }
        }
        for _ in 0..ROUNDS {
            for piece in &mut self.pieces {
                let nanoseconds = piece.batch().as_secs_f64() * 1e9 / f64::from(piece.repeats);
                piece.times.push(nanoseconds);
            }
        }
        let times = Times(self.pieces.iter_mut().map(|piece| (piece.name, piece.low())).collect());
        println!("\n## {}\n", self.title);
        println!("| work | lowest tenth, µs | median, µs | of the first | allocations |\n|---|--:|--:|--:|--:|");
        for piece in &mut self.pieces {
            let (low, median) = (piece.low(), piece.times[ROUNDS / 2]);
            let of_first = low / times.0[0].1;
            let Piece { name, allocations, .. } = piece;
            println!("| {name} | {:.2} | {:.2} | {of_first:.2} | {allocations} |", low / 1e3, median / 1e3);
        }
        times
    }
}

impl Piece<'_> {
    fn batch(&mut self) -> Duration {
        let started = Instant::now();
        for _ in 0..self.repeats {
            (self.work)();
        }
        started.elapsed()
    }

    /// The lowest tenth; sorts them all.
    fn low(&mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times[ROUNDS / 10]
    }
}

impl Times {
    /// How many times as long `of` takes as `than`.
    pub fn ratio(&self, of: &str, than: &str) -> f64 {
        self.of(of) / self.of(than)
    }

    /// Prints a ratio beside what it should be at most.
    pub fn goal(&self, of: &str, than: &str, at_most: f64) {
        let ratio = self.ratio(of, than);
        let verdict = if ratio <= at_most { "reached" } else { "missed" };
        println!("\n{of}: {ratio:.3} times {than}; goal at most {at_most}: {verdict}");
    }

    fn of(&self, wanted: &str) -> f64 {
        let found = self.0.iter().find(|(name, _)| *name == wanted);
        found.unwrap_or_else(|| panic!("nothing named {wanted:?} was measured")).1
    }
}
