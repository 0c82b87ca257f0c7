"""What answers under /_leak: who may ask, one snapshot at a time, the report. No framework."""

from leakguard.endpoint.core import Endpoint
from leakguard.endpoint.messages import EndpointRequest, EndpointResponse

__all__ = ["Endpoint", "EndpointRequest", "EndpointResponse"]
