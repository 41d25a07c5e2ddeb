"""A SAM template on standard input -> CloudFormation on standard output, both JSON, by SAM's own translator."""

import json
import os
import sys

from samtranslator.translator.transform import transform


class NoManagedPolicies:
    """The translator would ask AWS for the names of its managed policies; the template uses none of them by name."""

    def load(self) -> dict[str, str]:
        return {}


os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
json.dump(transform(json.load(sys.stdin), {}, NoManagedPolicies()), sys.stdout)
