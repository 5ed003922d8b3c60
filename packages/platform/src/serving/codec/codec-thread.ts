/** Main of a codec thread: reads large requests into tensors and renders large answers. */
import { parentPort } from 'node:worker_threads'
import { isKaizenError } from '@kaizen/contracts/errors'
import { decodeScoring, encodePredictions } from '../wire/invocations.ts'
import { decodeOpenInference, encodeOpenInference } from '../wire/open-inference.ts'
import type { CodecAnswers, CodecQuestion, CodecReply, CodecRequest } from './messages.ts'
import { packNamed, unpackNamed } from './named-tensors.ts'

const bytesOf = (body: Uint8Array): Buffer => Buffer.from(body.buffer, body.byteOffset, body.length)

function answerTo(question: CodecQuestion): CodecAnswers[keyof CodecAnswers] {
  switch (question.kind) {
    case 'decode': {
      const body = bytesOf(question.body)
      const { inputs, id, context, outputs, binaryOutputs, explain } = decodeOpenInference(
        body,
        question.jsonLength,
      )
      return { tensors: packNamed(inputs), id, context, outputs, binaryOutputs, explain }
    }
    case 'score': {
      const { context, explain, bind } = decodeScoring(bytesOf(question.body), question.form)
      const { tensors, rows } = bind(question.signature, question.rules)
      return { context, explain, tensors: packNamed(Object.entries(tensors)), rows }
    }
    case 'encode': {
      const outputs = Object.fromEntries(unpackNamed(question.tensors))
      const { body, jsonLength } = encodeOpenInference(question.head, { ...question.head, outputs })
      return { body: typeof body === 'string' ? Buffer.from(body) : body, jsonLength }
    }
    case 'predictions': {
      const outputs = Object.fromEntries(unpackNamed(question.tensors))
      return { body: Buffer.from(encodePredictions({ ...question, outputs })) }
    }
  }
}

function reply({ id, question }: CodecRequest): CodecReply {
  try {
    return { id, answer: answerTo(question) }
  } catch (failure) {
    if (!isKaizenError(failure)) throw failure
    const { code, message, hint } = failure
    return { id, failure: { code, message, hint } }
  }
}

const transferred = (answered: CodecReply): ArrayBuffer[] => {
  if (!('answer' in answered)) return []
  const { answer } = answered
  return 'tensors' in answer ? [answer.tensors.packed.numbers] : []
}

parentPort?.on('message', (request: CodecRequest) => {
  const answered = reply(request)
  parentPort?.postMessage(answered, transferred(answered))
})
