"""Prints a SAM template as the CloudFormation that AWS makes of it, as JSON: all resources, with the globals in each.

For tools that know CloudFormation and not SAM: to them a function's role and a state machine are not there.
"""

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

# Where the code lies does not matter, but the translator takes no folders.
ELSEWHERE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


class NoManagedPolicies:
    """Would ask AWS for the names of its policies; the template names none."""

    def load(self):
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text())
for resource in template["Resources"].values():
    if place := ELSEWHERE.get(resource["Type"]):
        resource["Properties"][place] = "s3://bucket/key"
print(json.dumps(transform(template, {}, NoManagedPolicies()), indent=1))
