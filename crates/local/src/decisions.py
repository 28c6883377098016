"""Runs the local cloud, and writes down what roles were allowed and denied: each case once, as a line of JSON.

An allowed case names the statements that allow it, each with that resource of its own which matched: a permission is
needed if it is alone there. A denied case names what it was about. Remove the file, and all is told anew.
"""

import contextvars
import json
import os
import sys
import threading

from ministack.core import iam_evaluator as iam

FILE = sys.argv[1]

evaluate, evaluate_resource_policy = iam.evaluate, iam.evaluate_resource_policy
of_a_resource = contextvars.ContextVar("of_a_resource", default=False)
told, lock = set(), threading.Lock()


def evaluate_and_tell(ctx, policies, *limits):
    result = evaluate(ctx, policies, *limits)
    if ctx.principal_type == "AssumedRole" and not of_a_resource.get():
        tell(ctx, policies, result.decision == "Allow")
    return result


def evaluate_quietly(*arguments, **named):
    """What a queue or a bucket allows by a policy of its own, which is asked besides."""
    token = of_a_resource.set(True)
    try:
        return evaluate_resource_policy(*arguments, **named)
    finally:
        of_a_resource.reset(token)


def tell(ctx, policies, allowed):
    case = {"role": ctx.principal_arn.split("/")[1], "action": ctx.action}
    if allowed:
        case["by"] = sorted(grants(ctx, policies))
    else:
        case["denied"] = ctx.resource_arn
    line = json.dumps(case)
    with lock:
        if not os.path.exists(FILE):
            told.clear()
        if line not in told:
            told.add(line)
            with open(FILE, "a", encoding="utf-8") as file:
                file.write(line + "\n")


def grants(ctx, policies):
    for statement in (statement for document in policies for statement in document):
        for resource in statement.resources:
            alone = iam.replace(statement, resources=[resource])
            if iam._first_match(ctx, [alone], "Allow"):
                yield [statement.sid, resource]


iam.evaluate, iam.evaluate_resource_policy = evaluate_and_tell, evaluate_quietly
sys.argv = ["ministack"]

from ministack.app import main  # noqa: E402 (it has to find what is above)

main()
# Its state is written down by now. The interpreter would wait for its threads at its end: for as long as an execution may
# wait that was in a map, for an answer that can't come any more.
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
