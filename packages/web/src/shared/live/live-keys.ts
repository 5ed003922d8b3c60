/** Cache prefix of everything read from the tracking surface. */
export const trackingKey = 'mlflow'
/** And of prompts, which the registry keeps. */
export const promptsKey = 'prompts'
