// In the search, a hyphen means "without": --older-than finds nothing, and openai-finetune whatever
// has one of the two words. Here it is part of options and names: all of their words are looked
// for, the last one also as a beginning.
const post = Worker.prototype.postMessage;
const QUERY = 2; // the type of a message in which the page asks its search worker
const OFTEN = /^(an?|and|as|at|by|for|from|how|in|is|no|not|of|on|only|or|than|that|the|to|with)$/;

function plain(token) {
  const words = token.split("-").filter(Boolean);
  if (!token.includes("-") || token.includes('"') || words.length === 0) return token;
  if (words.length === 1) return words[0];
  const rare = words.filter((word) => !OFTEN.test(word.toLowerCase())); // others are in no index
  if (rare.length === 0) return words.join(" ");
  return rare.map((word, index) => `+${word}${index === rare.length - 1 ? "*" : ""}`).join(" ");
}

Worker.prototype.postMessage = function (message, ...rest) {
  const asks = message && message.type === QUERY && typeof message.data === "string";
  const sent = asks ? { ...message, data: message.data.replace(/\S+/g, plain) } : message;
  return post.call(this, sent, ...rest);
};
