import { type Allowed, inAnswer, statuses, statusOf } from './allowed-rules.ts'

/** Every difference from a server that lets everyone in; each is met by every corpus. */
export const allowed: readonly Allowed[] = [
  {
    reason: 'MLflow fails with a 5xx; Kaizen answers, or says what is wrong with the request.',
    matches: ({ place, mlflow, kaizen }) =>
      place === 'status' && statusOf(mlflow) >= 500 && statusOf(kaizen) < 500,
  },
  {
    reason:
      'A route that does not exist is a 404 in the error shape of the protocol, not a page of HTML.',
    matches: ({ place, kaizen }) => place === 'error_code' && kaizen === 'ENDPOINT_NOT_FOUND',
  },
  {
    reason: 'Data sets are also summarized at the path that MLflow documents and does not serve.',
    matches: ({ place, mlflow }, { path }) =>
      place === 'status' &&
      statusOf(mlflow) === 404 &&
      path.endsWith('/mlflow/experiments/search-datasets'),
  },
  {
    reason:
      'A name that is taken has the code RESOURCE_ALREADY_EXISTS also when an experiment is renamed to it.',
    matches: ({ place, mlflow }, { path }) =>
      place === 'error_code' && mlflow === 'BAD_REQUEST' && path.endsWith('/experiments/update'),
  },
  {
    reason: 'A view of unknown name is refused; MLflow shows what is active.',
    matches: statuses(200, 400, /view_type/),
  },
  {
    reason: "A token of another query's page is refused; MLflow skips as many rows.",
    matches: statuses(200, 400, /Invalid page token/),
  },
  {
    reason: 'A run without a name gets one of an adjective, an animal and a number.',
    matches: ({ place, mlflow, kaizen }) =>
      /run_name$|tags\[\]\.value$/.test(place) &&
      [mlflow, kaizen].every((name) => /^[a-z]+-[a-z]+-\d{1,3}$/.test(String(name))),
  },
  {
    reason: 'The user of a run is also read from its tag mlflow.user.',
    matches: ({ place, mlflow, kaizen }) =>
      /run\.info\.user_id$/.test(place) && mlflow === '' && kaizen === 'bob',
  },
  {
    reason: 'The size of an empty file is told, as 0.',
    matches: ({ place, mlflow, kaizen }) =>
      place === 'files[].file_size' && mlflow === undefined && kaizen === 0,
  },
  {
    reason: 'What has nothing to say answers {}, also where MLflow answers no text at all.',
    matches: ({ place, mlflow, kaizen }) =>
      place === '' && mlflow === '' && JSON.stringify(kaizen) === '{}',
  },
  {
    reason: 'Paths with a NUL or a backslash are refused; MLflow makes files of such names.',
    matches: ({ place, mlflow, kaizen }, { path }) =>
      (place === 'status' && statusOf(kaizen) === 400 && /%00|%5c/i.test(path)) ||
      (place === 'files.length' && /%00|\\\\/.test(JSON.stringify(mlflow))),
  },
  {
    reason: 'Deleting a logged model twice is a 404, as reading it is.',
    matches: statuses(200, 404, /./, /\/logged-models\/<model3>$/),
  },
  {
    reason: 'A filter that ends in the middle is refused; MLflow leaves its end out.',
    matches: (difference, step) =>
      statuses(200, 400, /Invalid filter/, /search$/)(difference, step) &&
      /(^|[\s"])AND\s*"/i.test(JSON.stringify(step.body ?? step.query)),
  },
  {
    reason: 'Errors of OTLP have the error shape of the protocol, and the status 400.',
    matches: ({ place }, { path }) =>
      path === '/v1/traces' && (place === 'error_code' || place === 'status'),
  },
  {
    reason:
      'A tag of a trace that does not exist is a 404; MLflow answers with the failed SQL statement.',
    matches: statuses(400, 404, /Trace with ID/),
  },
  {
    reason: 'The digest of an evaluation data set is made of its content alone.',
    matches: inAnswer(/(^|\.|\[\]\.)digest$/, /\/datasets\//),
  },
  {
    reason: 'The experiments of an evaluation data set are told wherever it is.',
    matches: ({ place, mlflow }, { path }) =>
      /experiment_ids$/.test(place) && mlflow === undefined && path.includes('/datasets/'),
  },
  {
    reason:
      'Tagging an evaluation data set answers it, as the protocol defines; MLflow answers nothing.',
    matches: ({ place, mlflow }, { path }) =>
      place === 'dataset' && mlflow === undefined && path.endsWith('/tags'),
  },
  {
    reason: 'Aliases and the logged model of a version are told in lists too.',
    matches: ({ place, mlflow }) => /(aliases|model_id)$/.test(place) && mlflow === undefined,
  },
  {
    reason: "A logged model's status of unknown name is refused; MLflow sets it to unspecified.",
    matches: ({ place, mlflow, kaizen }, step) =>
      statuses(200, 400, /for parameter 'status'/)({ place, mlflow, kaizen }, step) ||
      (/model.?s?(\[\])?\.info\.status$/.test(place) && String(mlflow).endsWith('UNSPECIFIED')),
  },
  {
    reason:
      'Another value of a parameter of a logged model is refused in words; MLflow answers with the failed SQL statement.',
    matches: ({ place, mlflow }, { path }) =>
      place === 'error_code' && mlflow === 'BAD_REQUEST' && path.endsWith('/params'),
  },
  {
    reason: 'Errors of the artifact proxy have the error shape of the protocol.',
    matches: ({ place, mlflow }, { path }) =>
      place === 'error_code' && mlflow === undefined && path.includes('/mlflow-artifacts/'),
  },
  {
    reason: 'What does not exist is a 404 before its path is looked at closely.',
    matches: statuses(
      400,
      404,
      /RESOURCE_DOES_NOT_EXIST/,
      /\/(get-artifact|artifacts\/(files|directories))$/,
    ),
  },
  {
    reason: 'Models can be sorted by any attribute, in either spelling.',
    matches: (difference, step) =>
      statuses(400, 200, /./, /\/logged-models\/search$/)(difference, step) ||
      (statuses(400, 200, /./, /\/registered-models\/search$/)(difference, step) &&
        /Invalid order by key '(attributes?\.|creation_timestamp|last_updated_timestamp)/.test(
          String(difference.mlflow),
        )),
  },
  {
    reason:
      'Texts of a filter may stand in double quotes; MLflow takes those of logged models for part of the text.',
    matches: ({ place }, { path, body }) =>
      /^(models|next_page_token)/.test(place) &&
      path.endsWith('/logged-models/search') &&
      /\\"/.test(JSON.stringify(body ?? {})),
  },
  {
    reason:
      'What is compared has the kind of the value: MLflow compares texts with numbers, and finds nothing.',
    matches: statuses(200, 400, /expected a (text in quotes|number), but found/, /search$/),
  },
  {
    reason:
      'Values of attributes of spans are compared as they are; MLflow looks into the text around them.',
    matches: ({ place }, { body }) =>
      /^(traces|next_page_token)/.test(place) &&
      JSON.stringify(body ?? {}).includes('span.attributes.'),
  },
  {
    reason: 'A failed SQL statement is no answer: what is wrong is said in words, or it is done.',
    matches: ({ place, mlflow }) =>
      (place === 'error_code' && mlflow === 'BAD_REQUEST') ||
      (place === 'status' &&
        /^400 .*BAD_REQUEST.*(\(sqlite3\.|SELECT construct)/s.test(String(mlflow))),
  },
  {
    reason: 'Names of evaluation data sets have no order in filters, and may be told in lists.',
    matches: (difference, step) =>
      statuses(200, 400, /cannot be asked of attribute/, /\/datasets\/search$/)(difference, step) ||
      /only supported with the IN comparator/.test(String(difference.mlflow)),
  },
  {
    reason: 'A run begins when it is created, unless it is told.',
    matches: ({ place, mlflow }) => place === 'run.info.start_time' && mlflow === 0,
  },
  {
    reason: 'Taking away a tag or an alias that nobody could have set changes nothing.',
    matches: statuses(400, 200, /./, /\/(delete-tag|alias)$/),
  },
  {
    reason: 'Restoring an experiment that is not deleted is a 400 that names its state.',
    matches: statuses(404, 400, /must be in the 'deleted' state/),
  },
  {
    reason:
      'Keys have at most 250 characters, and none that reads as another path, wherever they stand.',
    matches: (difference, step) =>
      statuses(200, 400, /key' exceeds the maximum length/)(difference, step) ||
      statuses(200, 400, /would resolve to another name/)(difference, step),
  },
  {
    reason:
      'Models are found by a data set without its digest; MLflow finds none when figures are compared too.',
    matches: ({ place, mlflow }, { path, body }) =>
      /^(models|next_page_token)/.test(place) &&
      mlflow === undefined &&
      path.endsWith('/logged-models/search') &&
      /"datasets":.*"dataset_name":"[^"]*"\}/.test(JSON.stringify(body ?? {})),
  },
  {
    reason: 'A tag has a key, wherever it stands.',
    matches: statuses(200, 400, /required parameter '[\w[\].]*key'/),
  },
  {
    reason: 'A logged model without a name gets one of its id, as runs do.',
    matches: ({ place, kaizen }) =>
      /(^model|models\[\])\.info\.name$/.test(place) && /^model-[0-9a-f]{8}$/.test(String(kaizen)),
  },
  {
    reason: 'A name that no model can have is refused before its source is looked for.',
    matches: statuses(404, 400, /Invalid model name/, /\/model-versions\/create$/),
  },
  {
    reason:
      'A source names its run or logged model by itself, as before 3.17; the caller needs sight of it.',
    matches: statuses(400, 200, /"source":"(runs|models):/, /\/model-versions\/create$/),
  },
  {
    reason: 'A version is a whole number above 0.',
    matches: statuses(404, 400, /must be an integer/),
  },
  {
    reason: 'Assessments have a name, a source of a known type and fields that exist.',
    matches: (difference, step) =>
      statuses(
        200,
        400,
        /assessment_name|assessment\.source|source_type|update_mask/,
        /\/assessments/,
      )(difference, step),
  },
  {
    reason: 'The alias of a version number is reserved, whatever the model.',
    matches: statuses(404, 400, /is reserved/),
  },
  {
    reason: 'A filter of blanks is an empty one.',
    matches: (difference, step) =>
      statuses(400, 200, /./, /search$/)(difference, step) &&
      /Invalid filter ' ?'. Could not be parsed/.test(String(difference.mlflow)),
  },
  {
    reason: "A value of another kind than its field's is refused.",
    matches: statuses(
      200,
      400,
      /expected (text|an object|a list|a number|true or false|an integer), got/,
    ),
  },
  {
    reason: 'Operators may be written small and entities in either number in every search.',
    matches: ({ place, mlflow }, step) =>
      place === 'status' &&
      statusOf(mlflow) === 400 &&
      /(Invalid (comparator|entity type|attribute key|order_by|clause)|comparator '\w+' not one of)/.test(
        String(mlflow),
      ) &&
      /search$/.test(step.path),
  },
  {
    reason: "Whether a trace's information is final is not told as metadata.",
    matches: ({ place, mlflow }) =>
      place.endsWith('mlflow.trace.infoFinalized') ||
      (place.endsWith('request_metadata.length') &&
        JSON.stringify(mlflow).includes('infoFinalized')),
  },
  {
    reason: 'Ending a trace by version 2 needs its time; MLflow takes the year 1970.',
    matches: statuses(200, 400, /timestamp_ms/),
  },
  {
    reason: 'Who made and changed evaluation data sets is recorded by the server.',
    matches: inAnswer(/(created_by|last_updated_by)$/, /\/datasets\//),
  },
  {
    reason: 'Records of evaluation data sets come in the order in which they were added.',
    matches: inAnswer(/^records$/, /\/datasets\//),
  },
  {
    reason: "64-bit times of spans are texts, which no client's parser rounds.",
    matches: ({ place, mlflow, kaizen }) =>
      /_time_unix_nano$/.test(place) && BigInt(String(kaizen)) - BigInt(Number(mlflow)) === 0n,
  },
  {
    reason: 'Names of runs have at most 8000 characters, as tags do.',
    matches: statuses(200, 400, /'run_name' exceeds/),
  },
  {
    reason: 'Numbers of 64 bits in attributes of spans are texts too.',
    matches: ({ place, mlflow, kaizen }) =>
      place.endsWith('.int_value') && String(mlflow) === String(kaizen),
  },
  {
    reason: 'A pattern that is no regular expression is refused; MLflow finds nothing by it.',
    matches: statuses(200, 400, /no regular expression/),
  },
  {
    reason: 'A page of no rows cannot be asked for.',
    matches: statuses(200, 400, /max_results/),
  },
  {
    reason: 'The description of a noted model is kept as it came.',
    matches: ({ place, kaizen }) =>
      place === 'run.data.tags[].value' && String(kaizen).includes('"artifact_path"'),
  },
  {
    reason: 'A name of blanks is looked for like any other.',
    matches: (difference, step) => statuses(400, 404, /with name= +not found/)(difference, step),
  },
  {
    reason: 'Paths with an empty part are refused.',
    matches: (difference, step) =>
      statuses(200, 400, /has an empty/)(difference, step) ||
      statuses(404, 400, /has an empty/)(difference, step),
  },
  {
    reason: 'Deleting an assessment of a trace that is not there is a 404.',
    matches: statuses(200, 404, /Trace with ID/, /\/assessments\//),
  },
  {
    reason: 'A single text where a list is expected is a list of one.',
    matches: (difference, step) =>
      statuses(400, 200, /./)(difference, step) &&
      (/Value was of type 'str'/.test(String(difference.mlflow)) ||
        /\/traces\/(link-to-run|delete-traces)$/.test(step.path)),
  },
  {
    reason: 'An assessment that is a number can be compared with numbers by = and != too.',
    matches: (difference, step) =>
      statuses(400, 200, /./, /\/traces\/search$/)(difference, step) &&
      /quoted string value for (feedback|expectation)/.test(String(difference.mlflow)),
  },
  {
    reason: 'Deleting what is deleted already is a 400 that names its state.',
    matches: statuses(404, 400, /must be in the 'active' state/),
  },
  {
    reason: 'An artifact without the run that it is of is a 400 that names the field.',
    matches: ({ place, kaizen }, { path }) =>
      path === '/get-artifact' && (place === 'error_code' || String(kaizen).includes("'run_id'")),
  },
  {
    reason:
      'Tags of traces are cut at 8000 characters, as their metadata is; MLflow cuts some at 4096.',
    matches: ({ place, mlflow, kaizen }) =>
      /tags/.test(place) &&
      String(kaizen).length === 8000 &&
      String(kaizen).startsWith(String(mlflow)),
  },
  {
    reason: 'An id of a run that is malformed is one of a run that does not exist.',
    matches: statuses(400, 404, /Run with id=/),
  },
  {
    reason: 'A description that is left out is empty, a rationale that is taken away is none.',
    matches: ({ place, mlflow, kaizen }) =>
      (place === 'model_version.description' && mlflow === undefined && kaizen === '') ||
      (place === 'assessment.rationale' && mlflow === '' && kaizen === undefined),
  },
  {
    reason: 'Descriptions of webhooks have at most 5000 characters.',
    matches: statuses(200, 400, /a description has at most 5000/),
  },
  {
    reason: 'Files of an experiment lie in no folder that is told by a way from another.',
    matches: statuses(200, 400, /artifact_location.*it may not hold/, /\/experiments\/create$/),
  },
  {
    reason: 'An id that no experiment can have is a 400 that names it.',
    matches: statuses(404, 400, /Invalid experiment ID/),
  },
  {
    reason: 'An id that no run can have is refused, also by what links to runs.',
    matches: statuses(200, 400, /'run_id' exceeds the maximum length/, /\/link-to-run$/),
  },
  {
    reason: 'The last page has no token, also when it is full.',
    matches: ({ place, mlflow, kaizen }, { path }) =>
      place === 'next_page_token' &&
      mlflow === '<token>' &&
      kaizen === undefined &&
      path.endsWith('/traces/search'),
  },
  {
    reason:
      'The newest version of a model without versions is an alias that is not there, as any other.',
    matches: statuses(404, 400, /alias latest not found/, /\/registered-models\/alias$/),
  },
  {
    reason: 'A folder named by a blank is not the root.',
    matches: ({ place }, { query }) => place === 'files' && query?.['path'] === ' ',
  },
]
