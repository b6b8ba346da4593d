"""Retrieval: log the question, what was found for it with scores, and the answer, each linked.

    python examples/rag.py

With OPENAI_API_KEY the answer comes from OpenAI, without it from a provider inside this program.
"""

from hilt import Session
from hilt.integrations.openai import log_rag_interaction
from hilt.testing.provider import stand_in

SHELF = {
    "doc-1": "Alpha is the first letter of the Greek alphabet.",
    "doc-2": "Beta is the second letter of the Greek alphabet.",
    "doc-3": "Logs are written for those who come later.",
}


def search(question: str, count: int = 2) -> list[dict]:
    """The documents that share most words with a question: a stand-in for your vector store."""
    words = {word.strip("?.,").lower() for word in question.split()}
    found = [
        {
            "id": name,
            "text": text,
            "score": len(words & {word.strip("?.,").lower() for word in text.split()}) / len(words),
        }
        for name, text in SHELF.items()
    ]
    return sorted(found, key=lambda document: -document["score"])[:count]


def main() -> None:
    """Answer a question from documents, and follow the links in the log."""
    question = "What is alpha in the Greek alphabet?"
    with stand_in("openai"), Session("logs/rag.jsonl") as session:
        events = log_rag_interaction(
            session, user_message=question, retrieved_documents=search(question)
        )
    for event in events:
        links = (event.extensions or {}).get("reply_to", "")
        print(f"{event.event_id[-8:]} {event.action:10} answers {links[-8:] or 'nobody'}")
        for document in (event.content.documents if event.content else None) or []:
            print(f"    {document['score']:.2f}  {document['id']}  {document['text']}")


if __name__ == "__main__":
    main()
