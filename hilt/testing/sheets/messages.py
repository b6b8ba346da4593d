"""The service's messages in other languages: it answers in the account's."""

from __future__ import annotations

import re

__all__ = ["localised"]

_TABLE = {
    'A sheet with the name "(.*)" already exists. Please enter another name.': {
        "de": 'Ein Tabellenblatt mit dem Namen "{}" ist bereits vorhanden. '
        "Gib bitte einen anderen Namen ein.",
        "es": 'Ya existe una hoja con el nombre "{}". Introduce un nombre distinto.',
    },
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to "
    "remove protection if you need to edit.": {
        "de": "Du versuchst, eine geschützte Zelle oder ein geschütztes Objekt zu bearbeiten. "
        "Bitte den Eigentümer der Tabelle, den Schutz aufzuheben, wenn du Änderungen vornehmen "
        "musst.",
        "es": "Estás intentando editar una celda o un objeto protegidos. Ponte en contacto con "
        "el propietario de la hoja de cálculo para eliminar la protección si necesitas editarla.",
    },
    "This action would increase the number of cells in the workbook above the limit of "
    "10000000 cells.": {
        "de": "Diese Aktion würde die Anzahl der Zellen in der Arbeitsmappe über das Limit von "
        "10000000 Zellen erhöhen.",
        "es": "Esta acción aumentaría el número de celdas del libro de trabajo por encima del "
        "límite de 10000000 celdas.",
    },
    "This operation is not supported for this document": {
        "de": "Dieser Vorgang wird für dieses Dokument nicht unterstützt",
        "es": "Esta operación no es compatible con este documento",
    },
    "Unable to parse range: (.*)": {
        "de": "Bereich kann nicht geparst werden: {}",
        "es": "No se puede analizar el intervalo: {}",
    },
    "The caller does not have permission": {
        "de": "Der Aufrufer hat keine Berechtigung",
        "es": "El autor de la llamada no tiene permiso",
    },
    "Requested entity was not found.": {
        "de": "Die angeforderte Entität wurde nicht gefunden.",
        "es": "No se ha encontrado la entidad solicitada.",
    },
}


def localised(message: str, language: str) -> str:
    """A message in a language, as far as there is one; what leads to it stays as it is."""
    for pattern, translations in _TABLE.items():
        match = re.search(f"{pattern}$", message)
        if match and language in translations:
            return message[: match.start()] + translations[language].format(*match.groups())
    return message
