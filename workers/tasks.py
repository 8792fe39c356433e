"""One line of work per task: it takes ids and calls `flow` and its neighbours."""

from notifier import bulk_acts, calling, clock, corrections, flow, imports, mailroom, polling, proofing, upkeep
from notifier.issues import sending, trials
from notifier.queue import Task, to_sign_in, to_sign_up
from workers.app import app
from workers.process import parts


@app.task(name=Task.PUBLISH.value)
def publish(item_id: int) -> None:
    """Match and plan what one item owes, at once."""
    flow.publish(parts(), item_id, clock.now())


@app.task(name=Task.SIGN_UP.value)
def sign_up(*signup_ids: int) -> None:
    """Turn sign-ups into confirmation letters, or into silence."""
    for one in signup_ids:
        upkeep.at_once(parts(), to_sign_up(one), clock.now)


@app.task(name=Task.SIGN_IN.value)
def sign_in(sign_in_id: int) -> None:
    """Turn a wish for a sign-in link into a letter, or into silence."""
    upkeep.at_once(parts(), to_sign_in(sign_in_id), clock.now)


@app.task(name=Task.PLAN_RUN.value)
def plan_run(run_id: int) -> None:
    """Plan the letters of one digest slot."""
    flow.plan_run(parts(), run_id, clock.now())


@app.task(name=Task.PLAN_CORRECTION.value)
def plan_correction(correction_id: int) -> None:
    """Plan a correction for those who got the article as it was."""
    corrections.plan(parts(), correction_id, clock.now())


@app.task(name=Task.PLAN_WAVE.value)
def plan_wave(wave_id: int) -> None:
    """Plan the letters of one wave of an issue."""
    sending.plan_wave(parts(), wave_id, clock.now())


@app.task(name=Task.SETTLE_ISSUE.value)
def settle_issue(issue_id: int) -> None:
    """Drop what is left of a cancelled issue, and note when an issue is done."""
    sending.settle(parts(), issue_id, clock.now())


@app.task(name=Task.SEND_TRIAL.value)
def send_trial(trial_id: int) -> None:
    """Send a trial letter of an issue."""
    trials.send(parts(), trial_id, clock.now())


@app.task(name=Task.SEND_PROOF.value)
def send_proof(proof_id: int) -> None:
    """Send an editor a digest before it goes out."""
    proofing.send(parts(), proof_id, clock.now())


@app.task(name=Task.DELIVER.value)
def deliver(lane: str, first_id: int, last_id: int) -> None:
    """Send what is owed in this range of ids; it takes the clock, for time passes while it sends."""
    flow.deliver(parts(), lane, first_id, last_id, clock.now)


@app.task(name=Task.HAND_OVER.value)
def hand_over(reply_id: int) -> None:
    """Hand one reply by mail to its site."""
    mailroom.hand_over(parts(), reply_id, clock.now())


@app.task(name=Task.CALL.value)
def call(endpoint_id: int) -> None:
    """Post what one endpoint is owed."""
    calling.send(parts(), endpoint_id, clock.now)


@app.task(name=Task.POLL_SOURCE.value)
def poll_source(source_id: int) -> None:
    """Ask one source for news."""
    polling.poll_source(parts(), source_id, clock.now())


@app.task(name=Task.IMPORT.value)
def go_on_importing(import_id: int) -> None:
    """Take in a list of readers, as far as one task may go."""
    imports.advance(parts(), import_id, clock.now)


@app.task(name=Task.BULK_ACT.value)
def go_on_acting(act_id: int) -> None:
    """Do or undo an act on many readers, as far as one task may go."""
    bulk_acts.advance(parts(), act_id, clock.now)


@app.task(name=Task.TICK.value)
def tick() -> None:
    """Open what is due and nudge what is unfinished."""
    upkeep.tick(parts(), clock.now())
