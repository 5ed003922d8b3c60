import { Command } from 'commander'
import { exampleText } from '../example-text.ts'

/** `kaizen demo`: the whole loop on real data, then the user interface. */
export const demoCommand = (): Command =>
  new Command('demo')
    .description('Run the whole loop on two years of real data, then serve the user interface.')
    .option('--folder <folder>', 'where data and report are kept; emptied first', '.demo')
    .option('--until <date>', 'replay to this date only', '2013-01-01')
    .option('--json', 'print the report as JSON', false)
    .addHelpText('after', exampleText('kaizen demo --until 2011-07-01'))
    .action(async (flags: { folder: string; until: string; json: boolean }) => {
      const { runDemo } = await import('../demo/run-demo.ts')
      await runDemo(flags)
    })
