//! The threads of an audit: who takes which target when, and who waits for what.
//!
//! One lock guards the state, and no call and no function of the caller's is made under it. Whoever changes the state
//! wakes whom it concerns: the consumer when there is a finding, one thread when there is one more thing to do (a thread
//! that has done something looks for the next by itself), all threads when there will be nothing more. Waking all of
//! them each time costs more than everything else here: 100 microseconds a target with 64 threads, in place of 4.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::policy::Verdict;
use super::target::{Place, Setting, Target};
use super::{Ask, Finding, Options, Order};
use crate::credentials::Credentials;
use crate::error::{Error, Result, TransportError};

type Targets = Box<dyn Iterator<Item = Target> + Send>;
type Keys = Box<dyn Fn(&Ask<'_>) -> Result<Credentials> + Send + Sync>;

/// How many targets a thread may have taken whose findings are not taken out yet. It lets targets of other endpoints
/// pass by those that wait.
const AHEAD_PER_THREAD: usize = 16;

pub(super) struct Pool {
    options: Options,
    keys: Keys,
    /// Locked by the one thread that takes the next target.
    targets: Mutex<Targets>,
    state: Mutex<State>,
    /// Wakes threads.
    work: Condvar,
    /// Wakes the consumer.
    found: Condvar,
}

struct State {
    /// How many targets were taken, which is the index of the next.
    taken: usize,
    taking: Taking,
    /// Taken, and to be read: later, where their place is full or pauses.
    waiting: VecDeque<Job>,
    places: HashMap<Place, Load>,
    findings: BTreeMap<usize, Finding>,
    /// How many findings were taken out.
    handed_out: usize,
    stopped: bool,
    /// What the iterator of targets panicked with.
    panic: Option<Box<dyn Any + Send>>,
}

/// Whether there may be further targets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taking {
    Possible,
    /// A thread is at it.
    UnderWay,
    Ended,
}

/// A target to be read.
struct Job {
    index: usize,
    target: Target,
    place: Place,
    /// How often it was throttled.
    throttled: u32,
}

/// What a place bears.
#[derive(Default)]
struct Load {
    calls: usize,
    paused_until: Option<Instant>,
}

impl Pool {
    pub(super) fn new(targets: Targets, keys: Keys, options: Options) -> Self {
        let state = State {
            taken: 0,
            taking: Taking::Possible,
            waiting: VecDeque::new(),
            places: HashMap::new(),
            findings: BTreeMap::new(),
            handed_out: 0,
            stopped: false,
            panic: None,
        };
        Self {
            options,
            keys,
            targets: Mutex::new(targets),
            state: Mutex::new(state),
            work: Condvar::new(),
            found: Condvar::new(),
        }
    }

    /// What a thread does.
    pub(super) fn work(&self) {
        while let Some(job) = self.next_job() {
            self.run(job);
        }
    }

    /// No further call is made.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.work.notify_all();
    }

    /// Waits for a finding. Where there are no threads, the caller is one.
    pub(super) fn next_finding(&self, is_worker: bool) -> Option<Finding> {
        let mut state = self.state();
        loop {
            if let Some(finding) = state.take_finding(self.options.order) {
                self.work.notify_one();
                return Some(finding);
            }
            if state.taking == Taking::Ended && state.taken == state.handed_out {
                let panic = state.panic.take()?;
                drop(state);
                resume_unwind(panic);
            }
            if is_worker {
                drop(state);
                if let Some(job) = self.next_job() {
                    self.run(job);
                }
                state = self.state();
            } else {
                state = self.found.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Waits for a target that may be read now. None when there will be no more.
    fn next_job(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            let now = Instant::now();
            if let Some(job) = state.start_job(now, self.options.calls_per_endpoint) {
                if state.is_over() {
                    self.work.notify_all();
                }
                return Some(job);
            }
            let is_near = state.taken - state.handed_out < self.options.threads * AHEAD_PER_THREAD;
            state = match state.taking {
                Taking::Possible if is_near => {
                    state.taking = Taking::UnderWay;
                    drop(state);
                    self.take_target()
                }
                _ if state.is_over() => return None,
                _ => match state.next_resumption(now) {
                    Some(at) => {
                        let pause = at.saturating_duration_since(now);
                        self.work.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
                    }
                    None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                },
            };
        }
    }

    /// Takes the next target from the caller's iterator, without the lock: it may take its time.
    fn take_target(&self) -> MutexGuard<'_, State> {
        let next =
            catch_unwind(AssertUnwindSafe(|| self.targets.lock().unwrap_or_else(PoisonError::into_inner).next()));
        let mut state = self.state();
        match next {
            Ok(Some(target)) => {
                let job = Job { index: state.taken, place: target.place(), target, throttled: 0 };
                state.waiting.push_back(job);
                state.taken += 1;
                state.taking = Taking::Possible;
            }
            Ok(None) => state.taking = Taking::Ended,
            Err(panic) => {
                state.taking = Taking::Ended;
                state.panic = Some(panic);
            }
        }
        if state.taking == Taking::Ended {
            self.work.notify_all();
            self.found.notify_one();
        } else {
            // This thread goes on with the target that it has taken, and another one may take the next.
            self.work.notify_one();
        }
        state
    }

    /// Reads a target, and puts down what was found or that it is to be tried again.
    fn run(&self, mut job: Job) {
        let read = self.read(&job.target);
        let is_throttled = read.as_ref().is_err_and(Error::is_throttled);
        let mut state = self.state();
        let load = state.places.entry(job.place.clone()).or_default();
        load.calls = load.calls.saturating_sub(1);
        if is_throttled && job.throttled < self.options.throttle_retries {
            load.paused_until = Instant::now().checked_add(self.options.throttle_pause);
            job.throttled += 1;
            state.waiting.push_front(job);
            // Whoever has nothing to do waits for the end of the pause from now on.
            self.work.notify_all();
        } else {
            let Job { index, target, .. } = job;
            let verdict = Verdict::of(&self.options.policy, read);
            state.findings.insert(index, Finding { index, target, verdict });
        }
        drop(state);
        self.found.notify_one();
    }

    fn read(&self, target: &Target) -> Result<Option<Setting>> {
        // The keys and an endpoint's agent are the caller's code. Nothing of ours is left half done by their panic.
        catch_unwind(AssertUnwindSafe(|| target.read(&self.keys))).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
            Err(Error::Transport(Box::new(TransportError {
                problem: "the function that gives the keys, or the endpoint's agent, panicked",
                source: message.map(Into::into),
                ..TransportError::default()
            })))
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether there is nothing more to start. What is under way may come back, and its thread goes on with it.
    fn is_over(&self) -> bool {
        self.taking == Taking::Ended && self.waiting.is_empty()
    }

    /// The first of those that wait whose place bears another call now.
    fn start_job(&mut self, now: Instant, limit: usize) -> Option<Job> {
        let bears_more = |load: &Load| load.calls < limit && load.paused_until.is_none_or(|until| until <= now);
        let position = self.waiting.iter().position(|job| self.places.get(&job.place).is_none_or(bears_more))?;
        let job = self.waiting.remove(position)?;
        let load = self.places.entry(job.place.clone()).or_default();
        load.calls += 1;
        load.paused_until = None;
        Some(job)
    }

    /// When the first pause ends of those that a target waits for.
    fn next_resumption(&self, now: Instant) -> Option<Instant> {
        let pauses = self.waiting.iter().filter_map(|job| self.places.get(&job.place)?.paused_until);
        pauses.filter(|until| *until > now).min()
    }

    fn take_finding(&mut self, order: Order) -> Option<Finding> {
        let first = self.findings.first_entry()?;
        if order == Order::Targets && *first.key() != self.handed_out {
            return None;
        }
        self.handed_out += 1;
        Some(first.remove())
    }
}
