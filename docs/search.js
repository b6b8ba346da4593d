// The search of the site: a worker that the theme's page asks, in place of the theme's own
// (docs/site_hooks.py puts it there). The theme's has no stemmer that keeps the words of code whole,
// knows no synonyms, and shows one result a page; people ask in their own words, and the answers to
// many questions are on one page.
//
// A result is a section of a page, or a row of a table of questions. Each word of a question counts
// by how rare it is (BM25), more in a title than in a text, and what has more of the words comes
// first. A word also counts, for less, as another form of itself and as a word with its meaning.

const MESSAGE = { setup: 0, ready: 1, query: 2, result: 3 }; // the theme's types of messages
const SHOWN = 30;

// Words that mean the same to somebody who searches. A word may be in several lines.
const SYNONYMS = `
trace, span, conversation
log, logs, record, recorded, captured, capture, store, stored, save, saved, written, write
log, jsonl, file
pii, personal data, personal information, sensitive data
attach, add, set, put, pass
two, several, many, multiple, more
same, one, share, shared, single
redact, mask, scrub, anonymise, anonymize, hide, censor, obfuscate, pseudonymise, pseudonymize
export, download, dump, convert, extract, copy
cancel, cancelled, abort, aborts, aborted, disconnect, interrupt, interrupted
turn off, switch off, disable, disabled, stop, deactivate, opt out, opt-out, suppress
turn on, enable, enabled, activate, opt in
price, cost, spend, spending, bill, billing, money, usd, dollars, expensive
hang, slow, latency, overhead, performance, duration, speed, fast
crash, crashed, killed, kill, lost, lose, sigkill, oom
delete, erase, remove, purge, forget, forgotten, wipe
missing, empty, none, null, no, not, without, zero, unknown, lacks
completion, answer, response, reply, output
prompt, question, input, request, message
error, failure, failed, fails, exception, problem
start, begin, quickstart, tutorial, getting started, first steps
install, installation, pip, setup, set up
browser, web, ui, gui, viewer, view
dashboard, charts, graphs, panel, grafana
spreadsheet, sheet, google sheets, gsheet, gspread
tab, worksheet
row, rows, line, lines
column, columns, field, fields
user, customer, person, who, people
session, conversation, thread, chat
metadata, tags, tag, labels, attributes, custom fields, fields of your own, extra fields
env, environment variable, environment variables, variable, variables, envvar
option, argument, parameter, setting, settings, configuration, config, configure
upgrade, update, new version
version, versions, release, releases
feedback, rating, score, scores, thumbs, review, annotation
evaluation, evals, eval, judge, evaluate
alert, alerts, notification, notify, alarm, limit, threshold, budget
multiprocess, multiprocessing, processes, workers, worker, gunicorn, uvicorn, prefork
fork, forked, spawn
concurrent, concurrency, threads, threading, thread, parallel
notebook, jupyter, ipython, colab
serverless, lambda, cloud run, cloud function, cloud functions, functions
docker, container, containers, kubernetes, k8s, pod, pods
read-only, readonly, read only
stdout, standard output, console
location, where, path, folder, directory, default path
size, large, big, huge, grow, growth, gb, gigabytes
rotation, rotate, rotated, logrotate, max size
gzip, gz, compress, compressed, zip
retention, keep, retain, older, old, expire, ttl
encrypt, encrypted, encryption, sealed
gdpr, right to be forgotten, erasure, subject access, dsar, privacy law
compliance, hipaa, soc2, gdpr
permission, permissions, access, mode, chmod, who can read
credential, credentials, api key, key, keys, secret, secrets, password, token
tokens, usage, token count, token counts
tool, tools, function calling, function call
stream, streaming, streamed, chunk, chunks, sse
async, asynchronous, asyncio, await
image, images, picture, pictures, audio, multimodal, vision, attachment, attachments, base64
embedding, embeddings, vector, vectors
retrieval, rag, retriever, documents
retry, retries, retried, attempts
timeout, timed out, times out, deadline
mock, fake, stub, stand in, simulate, offline
test, tests, pytest, unittest
example, examples, sample code, demo
sample, sampling, sample rate
repair, fix, corrupt, corrupted, broken, torn, truncated, cut off
truncate, truncated, shorten, max length
validate, check, verify, complete, integrity
tamper, tampering, tamper-proof, audit, signed, immutable
existing, finished, already, old, previous
timestamp, timestamps, time, times, date, clock
computer, machine, server, host, remote
buffered, buffer, queue, immediately
follow, live, tail, watch
find, search, query, grep, filter, look up, lookup
count, number, statistics, stats
compare, comparison, diff, difference, versus, vs, alternative
migrate, migration, move, moving, switch from, replace
otel, opentelemetry, otlp
collector, otlp endpoint, exporter
duplicate, duplicates, duplicated, twice, double
uninstall, remove hilt
flush, exit, shutdown, atexit, end of the program
local model, own server, self-hosted model, vllm, ollama, lm studio
compatible, base_url, gateway, proxy server
decorator, observe, traceable, own functions, custom function
dataset, datasets, data set, data sets, experiments
playground, prompt management, prompt versions, prompt registry
temperature, parameters, max_tokens, top_p
utc, timezone, time zone, local time
memory, ram, leak
license, licence, licensed, free, open source, commercial
bug, issue, report
cache, cached, caching
supported, support, supports, compatible
javascript, typescript, node, nodejs, java, go, golang, languages, language
windows, macos, mac, linux, operating system, os
csv, excel, xlsx
pandas, dataframe, polars
postgres, database, sql, bigquery, snowflake, clickhouse
kafka, elasticsearch, splunk, loki, fluentd, syslog, destination, destinations, sink
s3, object store, bucket, gcs, azure blob
airgapped, air-gapped, without a network, no internet, offline
telemetry, phone home, phones home, sends data, tracking
hosted, cloud, saas, server, self-host, self host, account, accounts
group, link, correlate, correlation, connect, associate
failover, fallback
custom, own, yours
create, created, made, make, appear, appears
cheap, discount
human, person, people
commit, git
plugin, extension, extend, adapter
`;
const ALIKE = 0.55; // what a word with the same meaning counts
const PREFIX = 0.6; // what a word counts that begins with the last one typed
const NAMED = 1.6; // how much more a section counts whose whole title was typed
const NEXT = 0.6; // what two words next to each other count, beside what each of them does
const FIELDS = {
  title: { weight: 4, usual: 10, b: 0.35 }, // usual: how many words such a field has
  page: { weight: 1.5, usual: 4, b: 0.3 },
  words: { weight: 3, usual: 20, b: 0.2 }, // of docs/search_words.txt
  lead: { weight: 1.5, usual: 45, b: 0.3 },
  text: { weight: 1, usual: 120, b: 0.8 },
};
const LEAD = 45; // words at the beginning of a text, where its answer should be
const K = 2;
const OFTEN = new Set(
  ("a an and any are as at be been by can could did do does for from get got had has have how i if in " +
    "into is it its just me my of on or our per should so than that the their them then there these they " +
    "this to up us use used using was we were what when which while will with would you your hilt")
    .split(" "),
);

const IRREGULAR = { kept: "keep", lost: "lose", made: "make", sent: "send", shown: "show", written: "write", wrote: "write", found: "find", ran: "run" };

// A light stemmer: what is left is no word, and the same for most forms of one.
function stem(word) {
  if (Object.hasOwn(IRREGULAR, word)) return stem(IRREGULAR[word]);
  if (word.length < 4 || /[^a-z]/.test(word) || word === "https") return word;
  let root = word.replace(/ies$/, "y").replace(/(ss|x|ch|sh)es$/, "$1");
  if (!/(ss|us|is)$/.test(root)) root = root.replace(/s$/, "");
  for (const ending of [/ly$/, /(is|iz)ations?$/, /(ation|ion|ing|ed|ment)$/, /er$/]) {
    const shorter = root.replace(ending, "");
    if (shorter.length >= 3 && /[aeiouy]/.test(shorter)) root = shorter;
  }
  root = root.replace(/iz(e?)$/, "is$1").replace(/e$/, "").replace(/y$/, "i");
  return root.length > 3 ? root.replace(/([^aeiouls])\1$/, "$1") : root;
}

// The words of a text, in order. A name such as cost_usd, gpt-4o or hilt.flush is a word, and so
// are its parts.
function words(text) {
  const found = [];
  for (const match of text.matchAll(/[\p{L}\p{N}]+(?:[._\-'/@][\p{L}\p{N}]+)*/gu)) {
    const whole = match[0].toLowerCase();
    const parts = whole.split(/[._\-'/@]/);
    for (const part of parts) found.push({ word: part, stem: stem(part) });
    if (parts.length > 1) found.push({ word: whole, stem: whole, joined: true });
  }
  return found;
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
const plain = (html) =>
  html.replace(/<[^>]+>/g, " ").replace(/&(?:lt|gt|quot|amp|#39);/g, (entity) => ENTITIES[entity]);

function readSynonyms() {
  const groups = SYNONYMS.trim().split("\n").map((line) =>
    line.split(",").map((each) => each.trim().split(/[\s-]+/).map(stem)));
  const byPhrase = new Map(); // "turn off" -> the groups that have it
  for (const group of groups) {
    for (const phrase of group) {
      const key = phrase.join(" ");
      byPhrase.set(key, [...(byPhrase.get(key) || []), group]);
    }
  }
  return byPhrase;
}

class Index {
  constructor(docs) {
    this.docs = docs;
    this.postings = new Map(); // stem -> Map(number of the document -> weight)
    this.vocabulary = new Map(); // word as it stands -> its stem
    this.titles = []; // the words of each document's title
    this.synonyms = readSynonyms();
    this.pages = new Map();
    for (const doc of docs) {
      const [path] = doc.location.split("#");
      if (!this.pages.has(path)) this.pages.set(path, doc);
    }
    docs.forEach((doc, number) => this.add(doc, number));
  }

  add(doc, number) {
    const page = this.pages.get(doc.location.split("#")[0]);
    const text = words(plain(doc.text));
    const fields = {
      title: words(plain(doc.title)),
      page: page === doc ? [] : words(plain(page.title)),
      words: words(doc.words || ""),
      lead: text.slice(0, LEAD),
      text: text,
    };
    this.titles.push(new Set(fields.title.map((each) => each.stem).filter((root) => !OFTEN.has(root))));
    const counts = new Map();
    for (const [name, found] of Object.entries(fields)) {
      const { weight, usual, b } = FIELDS[name];
      const count = weight / Math.max(1 - b + (b * found.length) / usual, 0.6);
      const add = (root) => counts.set(root, (counts.get(root) || 0) + count);
      let before;
      for (const { word, stem: root, joined } of found) {
        this.vocabulary.set(word, root);
        add(root);
        if (joined || OFTEN.has(word)) continue;
        if (before && name !== "page") add(`${before} ${root}`);
        before = root;
      }
    }
    for (const [root, count] of counts) {
      if (!this.postings.has(root)) this.postings.set(root, new Map());
      this.postings.get(root).set(number, count);
    }
  }

  rarity(root) {
    const held = this.postings.get(root);
    const n = held ? held.size : 0;
    return Math.log(1 + (this.docs.length - n + 0.5) / (n + 0.5));
  }

  // What a word is worth in each document that has it.
  scores(root, most = Infinity) {
    const rarity = Math.min(this.rarity(root), most);
    const scores = new Map();
    for (const [number, count] of this.postings.get(root) || []) {
      scores.set(number, (rarity * count * (K + 1)) / (count + K));
    }
    return scores;
  }

  // What several words next to each other are worth: all have to be there.
  phraseScores(roots, most) {
    const each = roots.filter((root) => !OFTEN.has(root)).map((root) => this.scores(root, most));
    if (each.length === 0) return new Map();
    const all = new Map();
    for (const [number, score] of each[0]) {
      const others = each.slice(1).map((scores) => scores.get(number));
      if (others.every((other) => other !== undefined)) {
        all.set(number, Math.min(score, ...others));
      }
    }
    return all;
  }

  // The words of the index that a word which is not in it may be.
  guesses(word) {
    const longer = [...this.vocabulary.keys()].filter((each) => each.startsWith(word));
    if (longer.length) return longer.slice(0, 20);
    const cut = [...Array(word.length - 1).keys()].map((at) => [word.slice(0, at + 1), word.slice(at + 1)])
      .find(([left, right]) => left.length > 2 && right.length > 2 &&
        this.vocabulary.has(left) && this.vocabulary.has(right));
    if (cut) return cut;
    return word.length < 5 ? [] : [...this.vocabulary.keys()].filter((each) => nearly(word, each));
  }

  // The parts of a question: each has the documents that it is found in, and what it is worth there.
  parts(query) {
    const typed = words(query);
    let asked = typed.filter(({ word, joined }) => !joined && !OFTEN.has(word));
    if (asked.length === 0) asked = typed.filter(({ joined }) => !joined);
    const parts = [];
    for (let at = 0; at < asked.length;) {
      let length = Math.min(3, asked.length - at);
      const key = () => asked.slice(at, at + length).map((each) => each.stem).join(" ");
      while (length > 1 && !this.synonyms.has(key())) length -= 1;
      const last = at + length === asked.length && !/\s$/.test(query);
      const part = this.part(asked.slice(at, at + length), this.synonyms.get(key()) || [], last);
      parts.push({ ...part, typed: asked.slice(at, at + length).map((each) => each.word) });
      at += length;
    }
    for (const { word, joined } of typed) {
      if (joined && this.postings.has(word)) parts.push(this.bonus(this.scores(word), [word]));
    }
    for (let at = 0; at + 1 < asked.length; at += 1) {
      const word = stem(asked[at].word + asked[at + 1].word); // "time out" is "timeout", too
      if (this.postings.has(word)) parts.push(this.bonus(this.scores(word), [word]));
      const pair = [asked[at].stem, asked[at + 1].stem];
      const most = Math.min(...pair.map((root) => this.rarity(root)));
      parts.push(this.bonus(this.scores(pair.join(" "), most), []));
    }
    return parts;
  }

  bonus(scores, roots) {
    return { scores, roots: new Set(roots), weight: 0 };
  }

  part(asked, groups, last) {
    const best = new Map();
    const roots = new Set(asked.map((each) => each.stem));
    const raise = (scores, factor) => {
      for (const [number, score] of scores) {
        best.set(number, Math.max(best.get(number) || 0, score * factor));
      }
    };
    const missing = (each) => !this.postings.has(each.stem);
    let weight = Math.max(...asked.map((each) => (missing(each) ? 4 : this.rarity(each.stem))));
    raise(asked.length > 1 ? this.phraseScores(asked.map((each) => each.stem)) : this.scores(asked[0].stem), 1);
    for (const phrase of groups.flat()) {
      raise(this.phraseScores(phrase, weight), ALIKE);
      for (const root of phrase) roots.add(root);
    }
    if (asked.length === 1) {
      const [{ word }] = asked;
      if (missing(asked[0])) {
        for (const guess of this.guesses(word)) {
          raise(this.scores(stem(guess)), PREFIX);
          roots.add(stem(guess));
        }
      } else if (last && word.length > 2) {
        for (const [longer, root] of this.vocabulary) {
          if (longer.startsWith(word) && root !== asked[0].stem && longer !== root) {
            raise(this.scores(root), (PREFIX * word.length) / longer.length / 2);
          }
        }
      }
    }
    if (best.size === 0) weight = 0; // a word that is nowhere tells nothing
    return { scores: best, roots, weight };
  }

  search(query) {
    const parts = this.parts(query);
    const total = parts.reduce((sum, part) => sum + part.weight, 0) || 1;
    const sums = new Map();
    for (const part of parts) {
      for (const [number, score] of part.scores) {
        const sum = sums.get(number) || { score: 0, found: 0 };
        sum.score += part.weight ? score : score * NEXT;
        sum.found += part.weight;
        sums.set(number, sum);
      }
    }
    const typed = new Set(words(query).map((each) => each.stem));
    const named = (number) => this.titles[number].size && [...this.titles[number]].every((root) => typed.has(root));
    const ranked = [...sums].map(([number, { score, found }]) => ({
      doc: this.docs[number],
      score: score * (0.25 + (found / total) ** 2) * (this.docs[number].boost || 1) * (named(number) ? NAMED : 1),
      number,
    }));
    ranked.sort((a, b) => b.score - a.score);
    const shown = ranked.slice(0, SHOWN);
    for (const each of shown) {
      each.terms = {}; // the words that were typed, and whether they are there
      for (const part of parts.filter(({ typed: own }) => own)) {
        for (const word of part.typed) each.terms[word] = part.scores.has(each.number);
      }
    }
    return { ranked: shown, roots: new Set(parts.flatMap((part) => [...part.roots])) };
  }
}

// Whether one letter more, less or other makes one word of the other.
function nearly(a, b) {
  if (Math.abs(a.length - b.length) > 1 || a[0] !== b[0]) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const rest = [a.slice(at), b.slice(at)];
  return rest[0].slice(1) === rest[1].slice(1) || rest[0].slice(1) === rest[1] || rest[0] === rest[1].slice(1);
}

// The same HTML, with the words that were looked for marked.
function marked(html, roots) {
  return html.replace(/(<[^>]+>|&[a-z#0-9]+;)|[\p{L}\p{N}]+/gu, (word, markup) =>
    !markup && roots.has(stem(word.toLowerCase())) ? `<mark>${word}</mark>` : word);
}

// Two blocks of a text at most: those with most of the words that were looked for.
function teaser(html, roots) {
  if (html.length < 400) return marked(html, roots);
  const blocks = html.split(/(?=<(?:p|ul|ol|pre)>)|(?<=<\/(?:p|ul|ol|pre)>)/).filter((each) => each.trim());
  const count = (block) => new Set(words(plain(block)).map((each) => each.stem).filter((each) => roots.has(each))).size;
  const order = blocks.map((block, at) => [count(block), at]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const chosen = order.slice(0, 2).map(([, at]) => at).sort((a, b) => a - b);
  return chosen.map((at) => marked(blocks[at], roots)).join("");
}

// Results as the theme shows them: below the title of their page, and the next ones of a page with it.
function items(index, query) {
  const { ranked, roots } = index.search(query);
  const groups = [];
  for (const { doc, score, terms } of ranked) {
    const page = index.pages.get(doc.location.split("#")[0]);
    const item = { ...doc, title: marked(doc.title, roots), text: teaser(doc.text, roots), score, terms };
    const group = groups[groups.length - 1];
    if (doc === page) groups.push([item]);
    else if (group && group.page === page) group.splice(-1, 0, { ...item, score: group[0].score });
    else groups.push(Object.assign([item, { ...page, score: 0, terms: {} }], { page }));
  }
  return groups.map((group) => [...group]);
}

let index;
function answer({ type, data }) {
  if (type === MESSAGE.setup) {
    index = new Index(data.docs);
    return { type: MESSAGE.ready };
  }
  return { type: MESSAGE.result, data: { items: data.trim() ? items(index, data) : [] } };
}

if (typeof addEventListener === "function") {
  addEventListener("message", (event) => postMessage(answer(event.data)));
}
