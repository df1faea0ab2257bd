// Recognises conversations in the input and output of spans. Knows nothing of the page.
//
// A conversation is {turns, omitted}. A turn is {role, name, parts}. A part has a `kind`:
//   text, reasoning   text
//   call              tool, id, value
//   result            tool, id, value
//   media             label
//   data              label, value
// `omitted` names the members that are only seen in the JSON.

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";

/** What JSON in a string says, or the string itself. */
export function opened(value) {
  if (!isText(value) || value.length > 1 << 20 || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const pick = (object, ...keys) => {
  for (const key of keys) if (object[key] !== undefined && object[key] !== null) return object[key];
  return undefined;
};

class Reader {
  omitted = new Set();

  // Members of an object beyond those that were used are only in the JSON.
  rest(object, ...used) {
    for (const key of Object.keys(object)) {
      if (!used.includes(key) && object[key] !== null && object[key] !== undefined) this.omitted.add(key);
    }
  }

  parts(content) {
    if (content === undefined || content === null || content === "") return [];
    if (isText(content)) return [{ kind: "text", text: content }];
    if (Array.isArray(content)) return content.flatMap((part) => this.part(part));
    return this.part(content);
  }

  part(part) {
    if (isText(part)) return part ? [{ kind: "text", text: part }] : [];
    if (!isObject(part)) return [{ kind: "data", label: "", value: part }];
    const type = isText(part.type) ? part.type.replaceAll("_", "-") : "";
    switch (type) {
      case "text":
      case "input-text":
      case "output-text":
      case "reasoning":
      case "thinking": {
        const text = pick(part, "text", "content", "thinking");
        if (!isText(text)) break;
        this.rest(part, "type", "text", "content", "thinking");
        return [{ kind: type === "reasoning" || type === "thinking" ? "reasoning" : "text", text }];
      }
      case "tool-call":
      case "tool-use":
      case "server-tool-call":
      case "function-call":
      case "function":
      case "tool-invocation":
        return [this.call(part)];
      case "tool-result":
      case "tool-call-response":
      case "server-tool-call-response":
      case "function-call-output":
        return [this.result(part)];
      case "image":
      case "image-url":
      case "input-image":
      case "file":
      case "blob":
      case "uri":
      case "audio":
      case "input-audio":
      case "video":
        return [this.media(part, type)];
    }
    if (!type && isText(part.text)) {
      this.rest(part, "text");
      return [{ kind: "text", text: part.text }];
    }
    return [{ kind: "data", label: type, value: part }];
  }

  call(part) {
    const inner = isObject(part.function) ? part.function : isObject(part.payload) ? part.payload : part;
    const tool = pick(inner, "toolName", "name") ?? pick(part, "toolName", "name");
    const id = pick(part, "toolCallId", "id", "call_id") ?? pick(inner, "toolCallId");
    const value = pick(inner, "args", "input", "arguments", "parameters");
    this.rest(part, "type", "toolName", "name", "toolCallId", "id", "call_id", "function", "payload", "args", "input", "arguments", "parameters");
    return { kind: "call", tool: isText(tool) ? tool : "", id: isText(id) ? id : "", value: opened(value) };
  }

  result(part) {
    const inner = isObject(part.payload) ? part.payload : part;
    const tool = pick(inner, "toolName", "name");
    const id = pick(inner, "toolCallId", "tool_use_id", "tool_call_id", "call_id", "id");
    let value = pick(inner, "output", "result", "response", "content");
    this.rest(part, "type", "toolName", "name", "toolCallId", "tool_use_id", "tool_call_id", "call_id", "id", "payload", "output", "result", "response", "content", "isError");
    // The AI SDK's form of a result, {type: "json" or "text", value}.
    if (isObject(value) && isText(value.type) && "value" in value && Object.keys(value).length === 2) value = value.value;
    return { kind: "result", tool: isText(tool) ? tool : "", id: isText(id) ? id : "", value: opened(value), failed: inner.isError === true };
  }

  media(part, type) {
    const what = pick(part, "mediaType", "mimeType", "mime_type", "filename", "name") ?? type;
    const data = pick(part, "data", "image", "url", "uri", "content", "image_url", "fileId", "file_id");
    const link = isObject(data) ? data.url : data;
    const size = isText(link) ? link.length : 0;
    const where = isText(link) && /^https?:/.test(link) ? `, at ${link.slice(0, 200)}` : size ? `, ${size} characters of data` : "";
    this.omitted.add(`the ${type === "image" ? "image" : "content"} itself`);
    return { kind: "media", label: `${isText(what) ? what : type}${where}` };
  }

  message(message) {
    const role = roleOf(message) ?? "";
    const parts = [];
    const toolId = pick(message, "tool_call_id", "toolCallId");
    const content = message.content ?? message.parts;
    for (const key of ["reasoning", "reasoningText", "reasoning_content"]) {
      if (isText(message[key]) && message[key]) parts.push({ kind: "reasoning", text: message[key] });
      else if (message[key]) this.omitted.add(key);
    }
    if (role === "tool" && (isText(content) || isObject(content))) {
      parts.push({ kind: "result", tool: isText(message.name) ? message.name : "", id: isText(toolId) ? toolId : "", value: opened(content) });
    } else {
      parts.push(...this.parts(content));
    }
    if (message.parts !== undefined && message.content !== undefined && message.content !== null) this.omitted.add("parts");
    for (const key of ["tool_calls", "toolCalls"]) {
      if (Array.isArray(message[key])) parts.push(...message[key].map((call) => (isObject(call) ? this.call(call) : { kind: "data", label: "", value: call })));
      else if (message[key]) this.omitted.add(key);
    }
    this.rest(message, "role", message.role ? "role" : "type", "content", "parts", "name", "tool_calls", "toolCalls", "tool_call_id", "toolCallId", "reasoning", "reasoningText", "reasoning_content");
    return { role: isText(role) ? role : "", name: isText(message.name) ? message.name : "", parts };
  }

  // The result of a model call or an agent: {text, reasoning, toolCalls, toolResults, object, files}.
  result_(output) {
    const parts = [];
    const reasoning = pick(output, "reasoningText", "reasoning");
    if (isText(reasoning) && reasoning) parts.push({ kind: "reasoning", text: reasoning });
    else if (Array.isArray(reasoning)) {
      for (const part of reasoning) {
        const text = isText(part) ? part : isObject(part) ? pick(part, "text", "content") : null;
        parts.push(isText(text) ? { kind: "reasoning", text } : { kind: "data", label: "reasoning", value: part });
      }
    } else if (reasoning !== undefined) parts.push({ kind: "data", label: "reasoning", value: reasoning });
    parts.push(...this.parts(output.text));
    if (output.content !== undefined) parts.push(...this.parts(output.content));
    for (const key of ["toolCalls", "toolResults"]) {
      const list = output[key];
      if (!Array.isArray(list)) {
        if (list) this.omitted.add(key);
        continue;
      }
      for (const item of list) {
        if (!isObject(item)) parts.push({ kind: "data", label: "", value: item });
        else parts.push(key === "toolCalls" ? this.call(item) : this.result(item));
      }
    }
    if (output.object !== undefined && output.object !== null) parts.push({ kind: "data", label: "object", value: output.object });
    if (Array.isArray(output.files)) parts.push(...output.files.map((file) => (isObject(file) ? this.media(file, "file") : { kind: "data", label: "file", value: file })));
    else if (output.files) this.omitted.add("files");
    if (output.parts !== undefined) parts.push(...this.parts(output.parts));
    this.rest(output, "role", "text", "content", "reasoning", "reasoningText", "toolCalls", "toolResults", "object", "files", "parts");
    return { role: isText(output.role) ? output.role : "assistant", name: "", parts };
  }
}

// LangChain tells who speaks by the type.
const SPEAKERS = { __proto__: null, human: "user", ai: "assistant", system: "system", tool: "tool" };
const roleOf = (message) => message.role ?? SPEAKERS[message.type];

const isMessage = (value) =>
  isObject(value) && isText(roleOf(value)) && ["content", "parts", "tool_calls", "toolCalls", "name"].some((key) => key in value);

const isMessages = (value) => Array.isArray(value) && value.length > 0 && value.every(isMessage);

const isAnswer = (value) =>
  isObject(value) && !isMessage(value) &&
  (isText(value.text) || Array.isArray(value.toolCalls) || Array.isArray(value.toolResults) || isText(value.reasoningText) ||
    (value.object !== undefined && ["finishReason", "usage", "files"].some((key) => key in value)));

/**
 * The conversation in an input or output, or null where it is none.
 *
 * @param {unknown} value
 * @param {"input"|"output"} side whose words a plain text are
 * @returns {{turns: {role: string, name: string, parts: object[]}[], omitted: string[]}|null}
 */
export function conversation(value, side) {
  const reader = new Reader();
  let turns = null;
  if (isText(value)) {
    const inner = opened(value);
    if (inner !== value) return conversation(inner, side);
    return value === "" ? null : { turns: [{ role: "", name: "", parts: [{ kind: "text", text: value }] }], omitted: [] };
  }
  if (isMessages(value)) {
    turns = value.map((message) => reader.message(message));
  } else if (isMessage(value)) {
    turns = [reader.message(value)];
  } else if (isObject(value) && isMessages(value.messages)) {
    turns = value.messages.map((message) => reader.message(message));
    reader.rest(value, "messages");
  } else if (isObject(value) && Array.isArray(value.choices) && value.choices.length > 0 && value.choices.every((choice) => isMessage(choice?.message))) {
    turns = value.choices.map((choice) => reader.message(choice.message));
    reader.rest(value, "choices");
    for (const choice of value.choices) reader.rest(choice, "message");
  } else if (side === "output" && isAnswer(value)) {
    turns = [reader.result_(value)];
  } else if (isObject(value) && isText(value.prompt) && Object.keys(value).length === 1) {
    turns = [{ role: "user", name: "", parts: reader.parts(value.prompt) }];
  }
  return turns && { turns, omitted: [...reader.omitted] };
}
