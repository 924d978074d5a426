"""OHIF's configuration: one source of pictures, this origin's own, and nothing that writes.

Off: the list of all studies (who looks for a patient does so in the console), local files,
sources named in an address, customizations from an address, uploads.
"""

import json
from typing import Any

from chartkeep.imaging.http.app import BASE

_SOURCE: dict[str, Any] = {
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "house",
    "configuration": {
        "friendlyName": "Chartkeep",
        "name": "house",
        "imageRendering": "wadors",
        "thumbnailRendering": "thumbnail",
        "thumbnailRequestStrategy": "fetch",
        "enableStudyLazyLoad": True,
        "supportsFuzzyMatching": False,
        "supportsWildcard": True,
        "supportsReject": False,
        "dicomUploadEnabled": False,
        "singlepart": "bulkdata,video,pdf",
        "bulkDataURI": {"enabled": True},
        "omitQuotationForMultipartRequest": False,
    },
}
_CONFIG: dict[str, Any] = {
    "name": "chartkeep",
    "routerBasename": None,
    "extensions": [],
    "modes": [],
    "customizationService": [{"ohif.tours": {"$set": []}}],
    "showStudyList": False,
    "maxNumberOfWebWorkers": 2,
    "showWarningMessageForCrossOrigin": False,
    "showCPUFallbackMessage": False,
    "showLoadingIndicator": True,
    "strictZSpacingForVolumeViewport": True,
    "maxNumRequests": {"interaction": 20, "thumbnail": 3, "prefetch": 4},
    "showErrorDetails": "dev",
    "defaultDataSourceName": "house",
    "dataSources": [_SOURCE],
}


def write_config() -> bytes:
    """Write app-config.js; the pictures' address is this origin's, whatever its name."""
    return (
        f"const config = {json.dumps(_CONFIG)};\n"
        f"const root = window.location.origin + {json.dumps(BASE)};\n"
        "for (const name of ['wadoUriRoot', 'qidoRoot', 'wadoRoot']) {\n"
        "  config.dataSources[0].configuration[name] = root;\n"
        "}\n"
        "window.config = config;\n"
    ).encode()
