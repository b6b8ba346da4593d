"""Retrieval: log a question, the documents retrieved for it, and the answer, linked together.

    pip install ".[openai]"
    python examples/rag.py

If OPENAI_API_KEY is set, the call goes to OpenAI; otherwise an embedded provider answers it.
"""

from hilt import Session
from hilt.integrations.openai import log_rag_interaction
from hilt.testing.provider import stand_in

DOCUMENTS = {
    "doc-1": "Alpha is the first letter of the Greek alphabet.",
    "doc-2": "Beta is the second letter of the Greek alphabet.",
    "doc-3": "A log is a record of events in the order in which they happened.",
}


def search(question: str, count: int = 2) -> list[dict]:
    """The documents that share most words with a question, in place of a vector store."""
    words = {word.strip("?.,").lower() for word in question.split()}
    documents = [
        {
            "id": name,
            "text": text,
            "score": len(words & {word.strip("?.,").lower() for word in text.split()}) / len(words),
        }
        for name, text in DOCUMENTS.items()
    ]
    return sorted(documents, key=lambda document: -document["score"])[:count]


def main() -> None:
    """Answer a question from documents, and print the events with their links."""
    question = "What is alpha in the Greek alphabet?"
    with stand_in("openai"), Session("logs/rag.jsonl") as session:
        events = log_rag_interaction(
            session, user_message=question, retrieved_documents=search(question)
        )
    for event in events:
        reply_to = (event.extensions or {}).get("reply_to", "")
        print(f"{event.event_id[-8:]} {event.action:10} replies to {reply_to[-8:] or 'nothing'}")
        for document in (event.content.documents if event.content else None) or []:
            print(f"    {document['score']:.2f}  {document['id']}  {document['text']}")


if __name__ == "__main__":
    main()
