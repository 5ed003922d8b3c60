import { z } from 'zod'
import { roles } from './system.ts'

export const username = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/,
    'use 1 to 128 letters, digits, ".", "_", "@", "+" or "-", starting with a letter or digit',
  )
export const password = z
  .string()
  .min(12, 'use at least 12 characters')
  .max(1024, 'use at most 1024 characters')
export const accessRoleName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'use 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit',
  )
  .refine((name) => !(roles as readonly string[]).includes(name), 'this name is a built-in role')
